/** The arm64 agent under qemu-user, which comes from Debian as the toolchain does: the same codec, the same answers. */
import { expect } from 'chai';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { extractTree } from '../../../src/lab/tools.ts';
import { encodeOp, encodeRun, errnoName } from '../../../src/probe/protocol.ts';
import { AGENT, results, talk, withFolder } from './helper.ts';

describe('agent: arm64', function () {
  this.timeout(180_000);
  let argv: readonly string[] = [];

  before(async () => {
    // A machine that has emulation installed is served by it; others fetch it once into their cache. It is static.
    const installed = '/usr/bin/qemu-aarch64';
    const own = await access(installed).then(() => true, () => false);
    const qemu = own ? installed : join(await extractTree('qemu-user', ['qemu-user'], 'trixie'), 'usr/bin/qemu-aarch64');
    argv = [qemu, join(AGENT, '..', 'agent-aarch64')];
  });

  it('serves operations and commands', () => withFolder(async (folder) => {
    const session = await talk([
      encodeOp({ tag: 'p1', name: 'open', args: ['read', '/nowhere'] }),
      encodeOp({ tag: 'p2', name: 'open', args: ['create', join(folder, 'new')] }),
      encodeOp({ tag: 'p3', name: 'mkdir', args: [folder] }),
      encodeOp({ tag: 'p4', name: 'unlink', args: [join(folder, 'missing')], isolated: true }),
      encodeOp({ tag: 'p5', name: 'exec', args: ['/etc/passwd'] }),
      encodeRun({ tag: 'p6', timeoutMs: 20_000, capBytes: 100, argv: ['sh', '-c', 'echo out; echo err >&2; exit 5'] }),
      encodeRun({ tag: 'p7', timeoutMs: 20_000, capBytes: 100, argv: ['sh', '-c', 'kill -TERM $$'] }),
      encodeRun({ tag: 'p8', timeoutMs: 20_000, capBytes: 100, argv: ['no-such-program'] }),
      encodeRun({ tag: 'p9', timeoutMs: 500, capBytes: 100, argv: ['sleep', '30'] }),
    ], { argv: [...argv, 'serve'] });
    expect(session.frames[0]).to.include({ type: 'hello', arch: 'aarch64' });
    const got = results(session).map((result) => `${result.tag} ${result.stage} ${errnoName(result.errno) ?? 'ok'} ${String(result.exit)} ${String(result.signal)}`);
    expect(got).to.deep.equal(['p1 done ENOENT undefined 0', 'p2 done ok undefined 0', 'p3 done EEXIST undefined 0', 'p4 done ENOENT undefined 0',
      'p5 done EACCES undefined 0', 'p6 done ok 5 0', 'p7 done ok undefined 15', 'p8 exec ENOENT undefined 0', 'p9 timeout ok undefined 9']);
    const output = session.frames.flatMap((frame) => (frame.type === 'output' ? [`${frame.stream} ${frame.data.toString()}`] : []));
    expect(output).to.have.members(['stdout out\n', 'stderr err\n']);
    expect(session.exit).to.equal(0);
  }));

  it('refuses nonsense', async () => {
    expect(await talk([Buffer.from([255, 255, 255, 255])], { raw: true, argv: [...argv, 'serve'] })).to.include({ exit: 70 });
    expect(await talk([], { raw: true, argv: [...argv, 'nonsense'] })).to.include({ exit: 64 });
  });
});
