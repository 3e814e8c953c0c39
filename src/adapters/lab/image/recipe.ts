/** What a lab image is made of, as plain data, and the hash that names it. */
import { createHash } from 'node:crypto';
import { DAEMON_JSON, GUEST, initScript } from './init-script.ts';

/** Debian releases that the lab can run. */
export const SUITES = ['bookworm', 'trixie', 'forky', 'sid'] as const;
export type LabSuite = (typeof SUITES)[number];

/** The suite used when none is asked for. */
export const DEFAULT_SUITE: LabSuite = 'trixie';

/** Name of the target image that every lab guest holds. */
export const TARGET_IMAGE = 'apparmor-probe/nginx:lab';

/** Release whose QEMU runs the guests, whatever the guest's own release: Debian 12's QEMU 7.2 crashes them. */
export const TOOLS_SUITE: LabSuite = 'trixie';
export const QEMU_PACKAGES = ['qemu-system-x86', 'seabios', 'ipxe-qemu', 'qemu-utils'] as const;

const GUEST_PACKAGES = [
  'docker.io',
  'apparmor',
  'apparmor-utils',
  'auditd',
  'linux-image-cloud-amd64',
  'iproute2',
  'iptables',
  'kmod',
  'procps',
  'udev',
  'systemd',
  'sudo',
  'git',
  'ca-certificates',
];
const TARGET_PACKAGES = ['nginx-light', 'iputils-ping', 'procps'];

/** Users of the guest beside root: one with passwordless sudo, one with no rights at all. */
export const USERS = { runner: 1001, norights: 1002 } as const;

/** Leave out what nobody reads in a guest, and do not wait for the disk after each file: smaller and quicker. */
const LEAN = [
  ...['doc', 'man', 'info', 'locale', 'lintian'].map((folder) => `--dpkgopt=path-exclude=/usr/share/${folder}/*`),
  '--dpkgopt=force-unsafe-io',
];

/** Packages of the guest. Docker's client became a package of its own after bookworm. */
export function guestPackages(suite: LabSuite): readonly string[] {
  return suite === 'bookworm' ? GUEST_PACKAGES : [...GUEST_PACKAGES, 'docker-cli'];
}

/** Commands that mmdebstrap runs in the finished root file system (its path is \`$1\`). */
function guestHooks(layer: string): readonly string[] {
  const users = Object.entries(USERS).map(
    ([name, uid]) => `chroot "$1" useradd --create-home --shell /bin/bash --user-group --uid ${uid} ${name}`,
  );
  return [...users, `tar-in ${layer} /`].map((hook) => `--customize-hook=${hook}`);
}

/** Options of mmdebstrap that depend on the release. */
export function aptOptions(suite: LabSuite): readonly string[] {
  // The release files of the moving releases expire within a week; a mirror that lags must still serve.
  return suite === 'forky' || suite === 'sid' ? ['--aptopt=Acquire::Check-Valid-Until "false"'] : [];
}

/** mmdebstrap for the guest's root file system, a folder. */
export function guestArgv(suite: LabSuite, mirror: string, layer: string, folder: string): readonly string[] {
  return [
    'mmdebstrap',
    '--mode=root',
    '--variant=minbase',
    ...LEAN,
    ...aptOptions(suite),
    `--include=${guestPackages(suite).join(',')}`,
    ...guestHooks(layer),
    suite,
    folder,
    `deb ${mirror} ${suite} main`,
  ];
}

/** mmdebstrap for the target image's root file system, a tar file. */
export function targetArgv(suite: LabSuite, mirror: string, tar: string): readonly string[] {
  return [
    'mmdebstrap',
    '--mode=root',
    '--variant=minbase',
    ...LEAN,
    ...aptOptions(suite),
    `--include=${TARGET_PACKAGES.join(',')}`,
    '--format=tar',
    suite,
    tar,
    `deb ${mirror} ${suite} main`,
  ];
}

/** mmdebstrap that only unpacks packages and what they depend on into a folder. */
export function extractArgv(
  suite: LabSuite,
  mirror: string,
  packages: readonly string[],
  folder: string,
): readonly string[] {
  return [
    'mmdebstrap',
    '--mode=root',
    '--variant=extract',
    ...aptOptions(suite),
    `--include=${packages.join(',')}`,
    suite,
    folder,
    `deb ${mirror} ${suite} main`,
  ];
}

/** Small files put into the guest: path, mode, text. */
export function guestFiles(
  suite: LabSuite,
): readonly { readonly path: string; readonly mode: number; readonly text: string }[] {
  return [
    { path: GUEST.init, mode: 0o755, text: initScript(`lab-${suite}`) },
    { path: '/etc/docker/daemon.json', mode: 0o644, text: DAEMON_JSON },
    { path: '/etc/sudoers.d/lab', mode: 0o440, text: 'runner ALL=(ALL:ALL) NOPASSWD: ALL\n' },
    { path: '/etc/hosts', mode: 0o644, text: `127.0.0.1 localhost lab-${suite}\n` },
  ];
}

/** How the target image is imported. */
export const IMPORT_ARGV: readonly string[] = [
  'docker',
  'import',
  '--change',
  'CMD ["nginx","-g","daemon off;"]',
  '-',
  TARGET_IMAGE,
];

/** Size of the guest's disk; the file is sparse. */
export const DISK_SIZE = '6G';
const RAM_MIB = 2048;

/** How the processor is emulated or virtualised. */
export type Accel = 'kvm' | 'tcg';

/**
 * Emulated, one processor does as much as two, which pay for agreeing about memory, and leaves the machine's other one
 * to another guest; and an old model is a third faster than one whose wide registers programs then use.
 */
const PROCESSOR: Readonly<Record<Accel, readonly string[]>> = {
  kvm: ['-accel', 'kvm', '-cpu', 'host', '-smp', '2'],
  tcg: ['-accel', 'tcg,thread=single', '-cpu', 'Nehalem', '-smp', '1'],
};

/** Files of one boot or resume, and how it is done. */
export interface MachinePlan {
  readonly accel: Accel;
  readonly kernel: string;
  readonly initrd: string;
  readonly disk: string;
  readonly ram: string;
  readonly channel: string;
  readonly console: string;
  /** Unix socket of QEMU's control protocol. */
  readonly qmp: string;
  /** True: wait for a snapshot to restore. False: boot. */
  readonly resume: boolean;
  /** Whether what the guest writes stays: true only while an image is being made. */
  readonly keep: boolean;
}

/**
 * QEMU's arguments. The guest's memory is a file: a snapshot is made with it shared, and restored with it mapped
 * privately, so a resume copies nothing, several guests share what none of them changes, and nobody writes to it.
 */
export function machineArgs(plan: MachinePlan): readonly string[] {
  const append =
    'root=/dev/vda rw console=ttyS0 quiet panic=-1 mitigations=off nowatchdog apparmor=1 security=apparmor';
  const privately = plan.resume ? 'share=off,readonly=on,rom=off' : 'share=off';
  const sharing = plan.keep ? 'share=on' : privately;
  return [
    '-nodefaults',
    '-display',
    'none',
    '-no-reboot',
    '-nic',
    'none',
    // The machine is named by version: saved state belongs to it.
    '-machine',
    'pc-i440fx-10.0,memory-backend=ram',
    '-m',
    String(RAM_MIB),
    '-object',
    `memory-backend-file,id=ram,size=${RAM_MIB}M,mem-path=${plan.ram},${sharing}`,
    ...PROCESSOR[plan.accel],
    '-kernel',
    plan.kernel,
    '-initrd',
    plan.initrd,
    '-append',
    `${append} init=${GUEST.init}`,
    '-drive',
    `if=none,id=disk,file=${plan.disk},format=raw,cache=unsafe,discard=unmap,snapshot=${plan.keep ? 'off' : 'on'}`,
    '-device',
    'virtio-blk-pci,drive=disk',
    '-device',
    'virtio-serial-pci',
    '-chardev',
    `socket,id=channel,path=${plan.channel},server=on,wait=off`,
    '-device',
    `virtserialport,chardev=channel,name=${GUEST.port}`,
    // A new number at each start tells the guest's kernel to reseed: two resumes must not share random numbers.
    '-device',
    'vmgenid,guid=auto',
    '-chardev',
    `file,id=console,path=${plan.console}`,
    '-serial',
    'chardev:console',
    '-qmp',
    `unix:${plan.qmp},server=on,wait=off`,
    ...(plan.resume ? ['-incoming', 'defer'] : []),
  ];
}

/**
 * Hash of everything that decides what an image is, except the packages' versions of the day.
 * @param agent the guest agent's bundle
 * @param node version of Node put into the guest
 */
export function recipeHash(suite: LabSuite, agent: string | Buffer, node: string): string {
  const machine = machineArgs({
    accel: 'tcg',
    kernel: 'k',
    initrd: 'i',
    disk: 'd',
    ram: 'r',
    channel: 'c',
    console: 'l',
    qmp: 'q',
    resume: false,
    keep: true,
  });
  const recipe = [
    guestArgv(suite, '', '', ''),
    targetArgv(suite, '', ''),
    extractArgv(TOOLS_SUITE, '', QEMU_PACKAGES, ''),
    guestFiles(suite),
    IMPORT_ARGV,
    WARM_UP,
    DISK_SIZE,
    machine,
    node,
  ];
  return createHash('sha256').update(JSON.stringify(recipe)).update(agent).digest('hex').slice(0, 12);
}

/**
 * Run in the guest before its snapshot: the pages these read stay in memory, which makes every later run quicker.
 * The caches are emptied first, or the import's leftovers would fill the saved memory.
 */
export const WARM_UP = `set -e
sync; echo 3 > /proc/sys/vm/drop_caches
${GUEST.node} -e 'require("node:http"); require("node:child_process")'
docker version >/dev/null
id=$(docker run -d --network none ${TARGET_IMAGE} sleep 60)
docker exec "$id" true
docker rm -f "$id" >/dev/null
docker run --rm ${TARGET_IMAGE} nginx -v
apparmor_parser --version >/dev/null
aa-status --enabled || true
sync
`;
