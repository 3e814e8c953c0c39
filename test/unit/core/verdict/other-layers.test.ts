import { expect } from 'chai';
import { layersOf, likelyLayer } from '#core/verdict/other-layers.ts';
import type { ContainerSpec, Observation, Probe } from '#core/model/model.ts';
import { readOperation } from '#core/spec/read-operation.ts';

const NOTHING = { text: '', bytes: 0, truncated: false };
const spec = (change: Partial<ContainerSpec> = {}): ContainerSpec => ({
  image: 'i',
  hold: true,
  env: {},
  capAdd: [],
  capDrop: [],
  securityOpt: [],
  sysctls: {},
  mounts: [],
  tmpfs: {},
  readOnly: false,
  network: 'none',
  ...change,
});
const seen = (more: Partial<Observation>): Observation => ({
  stage: 'done',
  stdout: NOTHING,
  stderr: NOTHING,
  durationMs: 1,
  ...more,
});
const said = (text: string): Observation => seen({ exit: 1, stderr: { text, bytes: text.length, truncated: false } });
const RUN: Probe['action'] = { kind: 'run', argv: ['x'], tildes: [], terminal: false };

function probe(action: string | Probe['action'], user?: string): Probe {
  const read = typeof action === 'string' ? readOperation(action.split(' ')) : undefined;
  if (read !== undefined && 'problem' in read) throw new Error(read.problem);
  return {
    id: 'a',
    name: 'n',
    action: read === undefined ? (action as Probe['action']) : { kind: 'operation', ...read, words: [] },
    ...(user === undefined ? {} : { user }),
    timeoutMs: 1,
    control: true,
    direct: false,
    expect: { access: 'denied' },
    at: { file: 'f', line: 1, column: 1 },
  };
}

describe('layers', () => {
  it('tells which were on', () => {
    expect(layersOf(spec())).to.deep.equal([
      "capabilities: the engine's default",
      "seccomp: the engine's default",
      'masked and read-only paths: on',
      'file systems: /sys read-only, /proc noexec',
    ]);
    expect(
      layersOf(
        spec({
          capAdd: ['ALL'],
          securityOpt: ['seccomp=unconfined', 'systempaths=unconfined'],
          mounts: [{ source: '/x', target: '/sys', readonly: false }],
        }),
      ),
    ).to.deep.equal([
      'capabilities: all',
      'seccomp: off',
      'masked and read-only paths: off',
      'file systems: /proc noexec',
    ]);
    expect(
      layersOf(spec({ capAdd: ['ALL'], capDrop: ['CHOWN'], readOnly: true, securityOpt: ['no-new-privileges'] })),
    ).to.include.members([
      "capabilities: the engine's default +ALL -CHOWN",
      'no_new_privs: on',
      'root file system: read-only',
    ]);
  });

  const open = spec({ capAdd: ['ALL'], securityOpt: ['seccomp=unconfined', 'systempaths=unconfined'] });
  // prettier-ignore
  const rows: readonly (readonly [string, Probe, Observation, ContainerSpec, RegExp | undefined])[] = [
    ['a missing file', probe('open read /x'), seen({ errno: 'ENOENT' }), spec(), /^\/x does not exist$/],
    ['a filtered path', probe('open write /proc/sysrq-trigger'), seen({ errno: 'EROFS' }), spec(), /the engine mounts/],
    ['the same with nothing filtered', probe('open write /proc/sysrq-trigger'), seen({ errno: 'EROFS' }), open, /^a read-only mount$/],
    ['a masked path', probe('open read /proc/kcore'), seen({ errno: 'EACCES' }), spec(), /^the engine, which masks/],
    ['the same with nothing masked', probe('open read /proc/kcore'), seen({ errno: 'EACCES' }), open, /^file modes/],
    ['another read-only path', probe('open write /x'), seen({ errno: 'EROFS' }), spec({ readOnly: true }), /^a read-only mount$/],
    ['a capability', probe('capable sys_time'), seen({ errno: 'EPERM' }), spec(), /a capability .*or seccomp/],
    ['a file refused for want of a capability', probe('open read /proc/kmsg'), seen({ errno: 'EPERM' }), spec(), /^a capability that the container lacks$/],
    ['neither', probe('capable sys_time'), seen({ errno: 'EPERM' }), open, /the kernel itself/],
    ['file modes', probe('open read /etc/shadow', 'nobody'), seen({ errno: 'EACCES' }), spec(), /tried as nobody/],
    ['a command that says why', probe(RUN), said('mount: permission denied'), spec(), /file modes/],
    ['the same in other words', probe(RUN), said('touch: cannot touch: Read-only file system'), spec(), /read-only mount/],
    ['a command that says nothing', probe(RUN), seen({ exit: 1 }), spec(), undefined],
  ];
  for (const [name, given, observation, container, pattern] of rows) {
    it(name, () => {
      const layer = likelyLayer(given, observation, container);
      if (pattern === undefined) expect(layer).to.equal(undefined);
      else expect(layer).to.match(pattern);
    });
  }
});
