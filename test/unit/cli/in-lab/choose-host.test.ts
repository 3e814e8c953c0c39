import { expect } from 'chai';
import { chooseHost, type HostChecks } from '#cli/in-lab/choose-host.ts';

function checks(apparmor: boolean, problem?: string): HostChecks {
  return { apparmorEnabled: () => apparmor, dockerProblem: () => Promise.resolve(problem) };
}

/** Runs it with --host=auto. @returns its choice, and what it printed on standard error. */
async function chooseAutomatically(host: HostChecks): Promise<{ choice: string; printed: string }> {
  const write = process.stderr.write.bind(process.stderr);
  let printed = '';
  process.stderr.write = (chunk: string | Uint8Array) => {
    printed += String(chunk);
    return true;
  };
  try {
    return { choice: await chooseHost({ host: 'auto', labSuite: 'sid' }, host), printed };
  } finally {
    process.stderr.write = write;
  }
}

describe('choosing the host', () => {
  it('takes the host that was asked for, without looking at it', async () => {
    const unused = {
      apparmorEnabled: () => expect.fail('looked at AppArmor'),
      dockerProblem: () => expect.fail('looked at Docker'),
    } as unknown as HostChecks;
    expect(await chooseHost({ host: 'local', labSuite: 'trixie' }, unused)).to.equal('local');
    expect(await chooseHost({ host: 'lab', labSuite: 'trixie' }, unused)).to.equal('lab');
  });

  it('takes this host when it has AppArmor and Docker, and prints nothing', async () => {
    expect(await chooseAutomatically(checks(true))).to.deep.equal({ choice: 'local', printed: '' });
  });

  it('takes the lab on a kernel without AppArmor, and prints why', async () => {
    const { choice, printed } = await chooseAutomatically(checks(false));
    expect(choice).to.equal('lab');
    expect(printed).to.contain('this kernel has no AppArmor: running in the lab guest (sid)');
  });

  it('takes the lab on a host without Docker, and prints why', async () => {
    const { choice, printed } = await chooseAutomatically(checks(true, 'no Docker engine responds on this host'));
    expect(choice).to.equal('lab');
    expect(printed).to.contain('no Docker engine responds on this host: running in the lab guest (sid)');
  });
});
