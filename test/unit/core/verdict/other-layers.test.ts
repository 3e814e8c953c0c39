import { expect } from 'chai';
import type { ContainerSpec, Observation, Probe } from '#core/model/model.ts';
import { layersOf, likelyLayer } from '#core/verdict/other-layers.ts';
import { captured, command, container, operation, probe, seen } from '../../builders.ts';

const DEFAULT = container();
const OPEN = container({ capAdd: ['ALL'], securityOpt: ['seccomp=unconfined', 'systempaths=unconfined'] });
const RUN = probe({ action: command('x') });

function tried(line: string): Probe {
  return probe({ action: operation(line) });
}

function said(text: string): Observation {
  return seen({ exit: 1, stderr: captured(text) });
}

describe('layersOf', () => {
  it('lists the layers that an engine has by default', () => {
    expect(layersOf(DEFAULT)).to.deep.equal([
      "capabilities: the engine's default",
      "seccomp: the engine's default",
      'masked and read-only paths: on',
      'file systems: /sys read-only, /proc noexec',
    ]);
  });

  it('lists what is left when a container turns the layers off', () => {
    const mounts = [{ source: '/x', target: '/sys', readonly: false }];
    expect(layersOf({ ...OPEN, mounts })).to.deep.equal([
      'capabilities: all',
      'seccomp: off',
      'masked and read-only paths: off',
      'file systems: /proc noexec',
    ]);
  });

  it('lists the layers that a container adds', () => {
    const strict = container({
      capAdd: ['ALL'],
      capDrop: ['CHOWN'],
      readOnly: true,
      securityOpt: ['no-new-privileges'],
    });
    expect(layersOf(strict)).to.include.members([
      "capabilities: the engine's default +ALL -CHOWN",
      'no_new_privs: on',
      'root file system: read-only',
    ]);
  });
});

describe('likelyLayer', () => {
  const rows: readonly (readonly [string, Probe, Observation, ContainerSpec, RegExp | undefined])[] = [
    ['a file that is missing', tried('open read /x'), seen({ errno: 'ENOENT' }), DEFAULT, /^\/x does not exist$/],
    [
      'a path that the engine mounts read-only',
      tried('open write /proc/sysrq-trigger'),
      seen({ errno: 'EROFS' }),
      DEFAULT,
      /the engine mounts/,
    ],
    [
      'the same path in a container without such mounts',
      tried('open write /proc/sysrq-trigger'),
      seen({ errno: 'EROFS' }),
      OPEN,
      /^a read-only mount$/,
    ],
    [
      'a path that the engine masks',
      tried('open read /proc/kcore'),
      seen({ errno: 'EACCES' }),
      DEFAULT,
      /^the engine, which masks/,
    ],
    [
      'the same path in a container without masks',
      tried('open read /proc/kcore'),
      seen({ errno: 'EACCES' }),
      OPEN,
      /^file modes/,
    ],
    [
      'a path of a read-only root file system',
      tried('open write /x'),
      seen({ errno: 'EROFS' }),
      container({ readOnly: true }),
      /^a read-only mount$/,
    ],
    [
      'a capability that is not granted',
      tried('capable sys_time'),
      seen({ errno: 'EPERM' }),
      DEFAULT,
      /a capability .*or seccomp/,
    ],
    [
      'a file that needs a capability',
      tried('open read /proc/kmsg'),
      seen({ errno: 'EPERM' }),
      DEFAULT,
      /^a capability that the container lacks$/,
    ],
    [
      'a capability, with all layers off',
      tried('capable sys_time'),
      seen({ errno: 'EPERM' }),
      OPEN,
      /the kernel itself/,
    ],
    [
      'a file of another user',
      probe({ action: operation('open read /etc/shadow'), user: 'nobody' }),
      seen({ errno: 'EACCES' }),
      DEFAULT,
      /tried as nobody/,
    ],
    ['a command that prints the words of an errno', RUN, said('mount: permission denied'), DEFAULT, /file modes/],
    [
      'a command that prints the words of another errno',
      RUN,
      said('touch: cannot touch: Read-only file system'),
      DEFAULT,
      /read-only mount/,
    ],
    ['a command that prints nothing', RUN, seen({ exit: 1 }), DEFAULT, undefined],
  ];
  for (const [name, given, observation, spec, pattern] of rows) {
    it(`names ${pattern === undefined ? 'no layer' : 'the layer'} for ${name}`, () => {
      const layer = likelyLayer(given, observation, spec);
      if (pattern === undefined) expect(layer).to.equal(undefined);
      else expect(layer).to.match(pattern);
    });
  }

  it('knows the masked paths of each processor, and nothing that only begins alike', () => {
    const throttle = '/sys/devices/system/cpu/cpu12/thermal_throttle';
    const masked = [throttle, `${throttle}/x`, '/sys/firmware/acpi', '/proc/keys'];
    const others = ['/proc/keysx', '/sys/devices/system/cpu/cpux/thermal_throttle', '/proc/sys/kernel'];
    const layerFor = (path: string): string | undefined =>
      likelyLayer(tried(`open read ${path}`), seen({ errno: 'EACCES' }), DEFAULT);
    for (const path of masked) expect(layerFor(path), path).to.match(/^the engine, which masks that path/);
    for (const path of others) expect(layerFor(path), path).to.match(/^file modes/);
  });
});
