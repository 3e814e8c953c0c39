/** Two containers in memory, of which probes change one: the other is made alike, or the difference is named. */
import { expect } from 'chai';
import type { FileState, TraceReader } from '#adapters/container/rootfs/traces.ts';
import type { Container } from '#adapters/container/container.ts';
import { ContainerTwins, type Twin } from '#harness/suite/container-twins.ts';
import { probe, seen } from '../../builders.ts';

type Kind = FileState['kind'];

/** A container whose files are names with a text; a folder has none. */
class MemoryTwin implements Twin {
  readonly pid: number;
  readonly files = new Map<string, { kind: Kind; text: string; rights: string }>();
  readonly mounts = new Set<string>();
  readonly programs = new Map<number, string>([[1, 'init']]);
  readonly undone: string[] = [];
  readonly container = {
    pack: (path: string) => Promise.resolve(Buffer.from(JSON.stringify([path, this.files.get(path)]))),
    unpack: (archive: Buffer) => {
      const [path, file] = JSON.parse(archive.toString()) as [string, { kind: Kind; text: string; rights: string }];
      this.undone.push(`copy ${path}`);
      this.files.set(path, file);
      return Promise.resolve();
    },
  } as unknown as Container;

  constructor(pid: number) {
    this.pid = pid;
  }

  write(path: string, text: string, { kind = 'file', rights = '644' }: { kind?: Kind; rights?: string } = {}): void {
    this.files.set(path, { kind, text, rights });
  }

  attempt: Twin['attempt'] = ({ action }) => {
    const [name, path = ''] = 'words' in action ? action.words : [];
    this.undone.push(`${name} ${path}`);
    this.files.delete(path);
    return Promise.resolve(seen());
  };

  agentPids(): Promise<Set<number>> {
    return Promise.resolve(new Set([1]));
  }

  pids(): Set<number> {
    return new Set(this.programs.keys());
  }
}

function twinsOf(): { confined: MemoryTwin; control: MemoryTwin; twins: ContainerTwins } {
  const confined = new MemoryTwin(10);
  const control = new MemoryTwin(20);
  const at = (pid: number): MemoryTwin => (pid === confined.pid ? confined : control);
  const reader: TraceReader = {
    readTraces: (pid) => ({
      files: new Map([...at(pid).files].map(([path, file]) => [path, JSON.stringify(file)])),
      mounts: new Set(at(pid).mounts),
      isCut: false,
    }),
    sharedMounts: () => new Set(),
    fileStateOf: (pid, path) => {
      const file = at(pid).files.get(path);
      return file && { path, kind: file.kind, size: file.text.length, rights: file.rights };
    },
    sameContent: (pid, other, path) => at(pid).files.get(path)?.text === at(other).files.get(path)?.text,
    programOf: (pid) => confined.programs.get(pid) ?? control.programs.get(pid) ?? '',
    endProcess: (pid) => {
      control.undone.push(`end ${pid}`);
      control.programs.delete(pid);
    },
  };
  for (const twin of [confined, control]) twin.write('/etc/issue', 'Debian');
  return { confined, control, twins: new ContainerTwins(confined, control, reader) };
}

const FIRST = probe({ name: 'first' });

describe('ContainerTwins', () => {
  it('find nothing where both have the same, or nothing was left', async () => {
    const { confined, control, twins } = twinsOf();
    await twins.begin();
    for (const twin of [confined, control]) twin.write('/opt/made', 'by both');
    await twins.compare(FIRST);
    expect([control.undone, twins.leftover]).to.deep.equal([[], undefined]);
  });

  it('take away what only the control has, from the inside out', async () => {
    const { control, twins } = twinsOf();
    await twins.begin();
    control.write('/opt/d', '', { kind: 'folder' });
    control.write('/opt/d/f', 'x');
    await twins.compare(FIRST);
    expect(control.undone).to.deep.equal(['unlink /opt/d/f', 'rmdir /opt/d']);
    expect(twins.leftover).to.equal(undefined);
  });

  it('copy what the control has otherwise, or no more', async () => {
    const { confined, control, twins } = twinsOf();
    for (const twin of [confined, control]) twin.write('/etc/motd', 'hello');
    await twins.begin();
    control.write('/etc/issue', 'Ubuntu'); // as long as it was
    control.files.delete('/etc/motd');
    await twins.compare(FIRST);
    expect(control.undone).to.deep.equal(['copy /etc/issue', 'copy /etc/motd']);
    expect([...control.files]).to.deep.equal([...confined.files]);
    expect(twins.leftover).to.equal(undefined);
  });

  it('do not mind what differs in a file that both wrote, if it is as long', async () => {
    const { confined, control, twins } = twinsOf();
    await twins.begin();
    confined.write('/var/log/x', '10:00:01');
    control.write('/var/log/x', '10:00:02');
    await twins.compare(FIRST);
    expect([control.undone, twins.leftover]).to.deep.equal([[], undefined]);
  });

  it('name what cannot be undone, and the probe, until it is gone', async () => {
    const { control, twins } = twinsOf();
    await twins.begin();
    control.attempt = () => Promise.resolve(seen({ errno: 'EPERM' }));
    control.write('/opt/made', 'x');
    await twins.compare(FIRST);
    expect(twins.leftover).to.deep.equal({ what: '/opt/made', by: 'first' });

    await twins.compare(probe({ name: 'second' }));
    expect(twins.leftover?.by).to.equal('first');
    control.files.delete('/opt/made');
    await twins.compare(FIRST);
    expect(twins.leftover).to.equal(undefined);
  });

  it('name a mount that only one of them has', async () => {
    const { confined, control, twins } = twinsOf();
    for (const twin of [confined, control]) twin.mounts.add('tmpfs on /dev');
    await twins.begin();
    control.mounts.add('tmpfs on /mnt');
    await twins.compare(FIRST);
    expect(twins.leftover).to.deep.equal({ what: 'tmpfs on /mnt, in the control alone', by: 'first' });
  });

  it('end programs that only the control still runs, but none of a service', async () => {
    const { confined, control, twins } = twinsOf();
    control.programs.set(21, 'nginx');
    await twins.begin();
    control.programs.set(22, 'nginx').set(23, 'sleep').set(24, 'nc');
    confined.programs.set(14, 'nc');
    await twins.compare(FIRST);
    expect(control.undone).to.deep.equal(['end 23']);
    expect(twins.leftover).to.equal(undefined);
  });

  it('name a program of the service that only one of them still runs', async () => {
    const { confined, control, twins } = twinsOf();
    confined.programs.set(11, 'nginx');
    control.programs.set(21, 'nginx');
    await twins.begin();
    control.programs.delete(21);
    await twins.compare(FIRST);
    expect(twins.leftover).to.deep.equal({ what: 'nginx runs in the confined container alone', by: 'first' });
  });

  it('do not mind what only one of them ran before the first probe', async () => {
    const { confined, control, twins } = twinsOf();
    control.programs.set(21, 'nginx');
    await twins.begin();
    confined.programs.set(11, 'nginx');
    await twins.compare(FIRST);
    expect([control.undone, twins.leftover]).to.deep.equal([[], undefined]);
  });

  it('do not mind what a service starts for a moment in one of them, again and again', async () => {
    const { confined, control, twins } = twinsOf();
    let pid = 100;
    confined.pids = () => {
      confined.programs.clear();
      confined.programs.set(1, 'init').set((pid += 1), 'cat');
      return new Set(confined.programs.keys());
    };
    control.programs.set(7, 'cat');
    await twins.begin();
    control.programs.delete(7);
    await twins.compare(probe({ name: 'first' }));
    expect(twins.leftover).to.equal(undefined);
  });

  it('name a program that only the confined container still runs', async () => {
    const { confined, twins } = twinsOf();
    await twins.begin();
    confined.programs.set(14, 'nc');
    await twins.compare(FIRST);
    expect(twins.leftover).to.deep.equal({ what: 'nc runs in the confined container alone', by: 'first' });

    confined.programs.delete(14);
    await twins.compare(FIRST);
    expect(twins.leftover).to.equal(undefined);
  });
});
