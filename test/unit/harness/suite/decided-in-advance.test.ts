import { expect } from 'chai';
import { parseKernelText } from '#core/audit/parse-record.ts';
import type { AuditRecord, Fault, Probe } from '#core/model/model.ts';
import { decideInAdvance, denialLines, type Circumstances } from '#harness/suite/decided-in-advance.ts';
import { plan, probe } from '../fakes/probes.ts';

const NORMAL: Circumstances = {
  engineVersion: 'Docker 28.0.0',
  unmediatedClasses: new Map(),
  loadedNames: new Set(),
  serviceFault: undefined,
  earlyDenials: [],
};
const SERVICE_FAULT: Fault = { code: 'container-exited', message: 'It exited.\nlast words', hint: 'Look at it.' };

function codeOf(planned: Probe, circumstances: Partial<Circumstances> = {}): string | undefined {
  return decideInAdvance(plan([planned]), planned, { ...NORMAL, ...circumstances })?.code;
}

function request(access: 'allowed' | 'denied'): Probe {
  return probe('a', { action: { kind: 'http', url: 'http://container/' }, expect: { access } });
}

function operation(name: string, ruleClass: string): Probe {
  return probe('a', { action: { kind: 'operation', name, args: [], words: [name], class: ruleClass } });
}

function denial(fields: string): AuditRecord {
  const parsed = parseKernelText(`audit: type=1400 audit(1.000:1): apparmor="DENIED" ${fields}`);
  if (parsed.kind !== 'record') throw new Error('not a record');
  return parsed.record;
}

describe('decideInAdvance', () => {
  it('leaves a probe to be tried where nothing is in the way', () => {
    expect(codeOf(operation('open', 'file'))).to.equal(undefined);
    expect(codeOf(request('allowed'))).to.equal(undefined);
  });

  it('skips a class of rules that has no effect on this host', () => {
    const unmediatedClasses = new Map([['userns', 'The kernel does not mediate userns.']]);
    expect(codeOf(operation('userns', 'userns'), { unmediatedClasses })).to.equal('not-mediated');
    expect(codeOf(operation('open', 'file'), { unmediatedClasses })).to.equal(undefined);
  });

  it('does not try D-Bus, which only a bus daemon checks', () => {
    expect(codeOf(operation('send', 'dbus'))).to.equal('not-asked');
  });

  it('skips what an older engine does not promise', () => {
    const profile = { from: 'engine', name: 'docker-default', mode: 'enforce' } as const;
    const planned = probe('a', { since: '29.0.0' });
    expect(decideInAdvance(plan([planned], { profile }), planned, NORMAL)?.code).to.equal('engine-older');
  });

  it('fails a request that is to be allowed when the service is down, with the first denial', () => {
    const earlyDenials = [denial('operation="open" profile="p" name="/etc/x" requested_mask="r" denied_mask="r"')];
    const planned = request('allowed');
    const verdict = decideInAdvance(plan([planned]), planned, {
      ...NORMAL,
      serviceFault: SERVICE_FAULT,
      earlyDenials,
    });
    expect(verdict?.kind).to.equal('fail');
    expect(verdict?.code).to.equal('service-down');
    expect(verdict?.reason).to.contain('denied open /etc/x (r)');
  });

  it('comes to no verdict on a request that is to be denied when the service is down', () => {
    const planned = request('denied');
    const verdict = decideInAdvance(plan([planned]), planned, { ...NORMAL, serviceFault: SERVICE_FAULT });
    expect(verdict?.kind).to.equal('inconclusive');
  });

  it('still tries operations when the service is down', () => {
    expect(codeOf(operation('open', 'file'), { serviceFault: SERVICE_FAULT })).to.equal(undefined);
  });
});

describe('denialLines', () => {
  it('quotes each different denial once: its target, and its permissions where they say more', () => {
    const open = 'operation="open" profile="p" name="/etc/x" requested_mask="r" denied_mask="r"';
    const capable = 'operation="capable" profile="p" capability=12 capname="net_admin"';
    const socket = 'operation="create" profile="p" family="inet" sock_type="raw" denied_mask="create"';
    expect(denialLines([open, open, capable, socket].map(denial))).to.deep.equal([
      'denied open /etc/x (r)',
      'denied capability net_admin',
      'denied create inet raw',
    ]);
  });

  it('quotes no more than five', () => {
    const paths = ['/1', '/2', '/3', '/4', '/5', '/6'];
    const denials = paths.map((path) => denial(`operation="open" profile="p" name="${path}" denied_mask="r"`));
    expect(denialLines(denials)).to.have.lengthOf(5);
  });
});
