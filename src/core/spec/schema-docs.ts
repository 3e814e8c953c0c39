/** What every key of a spec means. dist/spec.schema.json and docs/spec.md are generated from it. */

function paragraph(...sentences: readonly string[]): string {
  return sentences.join(' ');
}

export const DOCS = {
  path: 'Absolute path inside the container.',
  duration: 'A duration: `500ms`, `10s`, `2m`.',
  mode: paragraph(
    'Mode that the kernel must report for the profile. Default `enforce`.',
    '`mixed` is the mode of a stack whose profiles are in different modes.',
  ),

  pattern: {
    equals: 'The whole value.',
    contains: 'A part of the value. For masks: these letters are in the mask.',
    matches: 'A JavaScript regular expression that must match.',
    not: 'A pattern that must not match.',
  },

  expect: {
    is: 'The expected result: one word, or an object with conditions.',
    access: paragraph(
      '`denied`, `allowed` or `complains`.',
      '`complains`: allowed, with an ALLOWED record, under a profile in complain mode.',
    ),
    by: paragraph(
      'With an operation that is to be denied: what denies it in place of the access itself. A step that leads to it',
      '(`open` before `mmap`, `copy` before `exec-copy`, `socket` or `bind` before `listen`), or another class that',
      'the kernel asks first (`capability` before a mount), or the profile of the peer (`peer`).',
      'Without this key only a denial of the access itself counts.',
    ),
    exit: 'Exit status of the command; `nonzero` for any failure.',
    errno: 'Errno of the system call, or of the exec that failed.',
    status: 'Status of the HTTP response.',
    stdout: 'Standard output. A plain string must be contained in it.',
    stderr: 'Standard error. A plain string must be contained in it.',
    body: 'Body of the HTTP response. A plain string must be contained in it.',
    label: paragraph(
      'With `exec`, `try: exec…`, `change_profile`, `change_hat` or `stack`:',
      'the label of the program or process afterwards. A plain string is the whole label.',
      'Use the names in the profile file: `x`, `x//child`, `a//&b`, `unconfined`.',
    ),
    mode: 'Mode of that label.',
    secure: paragraph(
      'With `exec`: whether the kernel marks the execution as secure (AT_SECURE),',
      'so that the loader scrubs the environment, as the permissions `Px`, `Cx` and `Ux` demand.',
    ),
    audit: paragraph(
      'The audit record that must exist.',
      'With `none`, no record may exist, and a denial counts without one.',
    ),
    record: paragraph(
      "Conditions on one audit record, under the kernel's own key names.",
      'A plain value is the whole value; masks compare as sets of letters.',
      'Labels have the names in the profile file.',
    ),
  },

  probe: {
    name: 'Name in reports, unique in the spec. Default: made from the action and the expected result.',
    because: 'Why this matters, for auditors.',
    run: paragraph(
      'A command, executed without a shell: a list, or a string that is split as a shell would split it.',
      "`~/` is the user's home.",
    ),
    shell: "A script for the image's own `/bin/sh -c`.",
    open: 'Open this file and close it again.',
    for: paragraph(
      'With `open`: how to open the file. Default `read`.',
      'Nothing is written, and a file that `create` makes is removed.',
    ),
    unlink: 'Remove this file.',
    mkdir: 'Create this folder. It is removed again.',
    exec: paragraph(
      "Execute this file, up to the end of the kernel's permission checks:",
      'the program is stopped before its first instruction.',
    ),
    try: paragraph(
      'One operation of the agent: its name and its arguments, for example `link /etc/passwd /tmp/x`,',
      '`socket inet raw icmp`, `capable sys_admin` or `mount tmpfs none /mnt`.',
      'docs/agent-operations.md lists all operations.',
    ),
    http: 'Send a GET request to this URL, from the host. The host name in the URL is `container`.',
    terminal: 'With `run` or `shell`: give the command a terminal, as `docker exec -t` does.',
    via: paragraph(
      'With `run` or `shell`: what starts the command. `agent` (default) starts it inside the confinement.',
      '`docker-exec` shows what happens when a person runs `docker exec`:',
      "the engine opens the program unconfined, so the profile's exec rules do not apply to it.",
    ),
    from: paragraph(
      'The peer that makes the attempt, with a `try` whose target is the word `container`:',
      'for example `from: other` with `try: signal term container`.',
      'This tests the rules about what others do to the container: receive, tracedby, readby, accept.',
    ),
    since: paragraph(
      'With `profile: {engine: …}`: the first version of the engine whose own profile guarantees this.',
      'An older engine skips the probe.',
    ),
    user: 'User, as `docker exec --user` takes it. Default: the user of the container.',
    timeout: 'How long the attempt may take: `500ms`, `10s`, `2m`. Default 10s.',
    control: paragraph(
      'Whether to run the probe in the control container as well. Default true.',
      'With `only-apparmor` the default is false for `run` and `shell`,',
      'because nothing would stop the command in the control.',
    ),
    matrix: paragraph(
      'Makes one probe for each combination of the values.',
      'In the texts of the probe, `{name}` is replaced with the value of the key `name`.',
    ),
  },

  container: {
    is: 'The container under test.',
    image: 'Image name. A missing image is built if `build` is given, else pulled.',
    build: 'Folder with a Dockerfile, relative to the spec, to build the image from when it is missing.',
    command: "Command in place of the image's own.",
    entrypoint: "Entry point in place of the image's own.",
    hold: paragraph(
      'Do not start the service: the first process is the agent, which only waits.',
      'Use it for images that have nothing to start.',
    ),
    user: "User of the container's processes.",
    env: 'Environment variables.',
    capAdd: 'Capabilities to add.',
    capDrop: 'Capabilities to drop.',
    securityOpt: 'Docker security options: `seccomp=unconfined`, `systempaths=unconfined`, `no-new-privileges`.',
    onlyAppArmor: paragraph(
      'Make the profile the only restriction:',
      'all capabilities, no seccomp filter, no masked or read-only paths.',
    ),
    sysctls: 'Namespaced kernel parameters.',
    mounts: 'Bind mounts.',
    mountSource: 'File or folder, relative to the spec.',
    mountReadOnly: 'Default true.',
    tmpfs: 'Temporary file systems: path to options.',
    readOnly: 'Read-only root file system.',
    network: '`bridge` (default) or `none`.',
  },

  profile: {
    is: 'The profile under test: a file, relative to the spec, or a profile that is already loaded.',
    file: 'Profile file, relative to the spec.',
    name: 'Which profile of the file. `a//&b` stacks profiles: an access is denied if any of them denies it.',
    alsoUnder: paragraph(
      'Other profiles of the file under which processes of the container may run, such as one that a `px` rule names.',
      'They have the mode that the spec expects. A process under any profile but these, the tested one and their',
      'children fails the spec.',
    ),
    include: paragraph(
      'Folders, relative to the spec, in which includes are searched before the base folder,',
      'like `-I` of `apparmor_parser`. The folder of the profile follows them.',
    ),
    base: 'Base folder of includes, relative to the spec, like `-b` of `apparmor_parser`. Default `/etc/apparmor.d`.',
    engine: 'Name of a profile that the engine or the host loads itself, for example `docker-default`.',
    source: paragraph(
      "File with that profile's text, relative to the spec.",
      'Rule coverage needs it, and so does `mutate`, which changes it.',
    ),
  },

  peers: paragraph(
    'Helper processes next to the container. They share its process and network namespaces,',
    'and each runs under its own label. A peer is the other end of `try: signal term peer NAME`,',
    '`ptrace read peer NAME`, `connect unix stream peer NAME` and `send unix dgram peer NAME`.',
    'Signals and traces go to a process of the peer that does nothing else.',
  ),
  peerProfile: '`unconfined`, or the name of a profile in the profile file.',

  waiver: {
    allows: paragraph(
      'What may become allowed: a path expression such as `/srv/**`, or the words of a rule of another class,',
      'such as `capability sys_admin`, `network inet raw` or `flags complain`.',
    ),
    permissions: 'With a path: the permissions, as in a rule; `x` for any execution.',
    because: 'Who accepted it, and why.',
    until: 'The last day on which the waiver applies.',
  },

  ready: {
    is: 'How to tell that the service is ready. Default: it is ready as soon as its process runs.',
    http: 'Ready when this URL responds with a status below 400.',
    tcp: 'Ready when this port accepts a connection.',
    log: "Ready when the container's output matches this regular expression.",
    timeout: 'How long to wait: `500ms`, `10s`, `2m`. Default 60s.',
  },

  untestable: {
    is: paragraph(
      'Mutants that no probe can distinguish from the profile, each with the reason.',
      '`mutate` tries them anyway and does not count those that survive.',
    ),
    rule: 'The rule as the profile has it, without its comma; `nothing` where one is added.',
    becomes: 'The rule as `mutate` changes it; `nothing` where it is removed.',
    because: 'Why no probe can see the difference.',
  },

  closed: {
    allow: paragraph(
      'Members that are allowed, and that have to be allowed: the first words of their names,',
      'in which `*` stands for any text.',
    ),
    open: paragraph(
      'Members that may be allowed or denied, in the same form: they are not tried. Not for `exec`. For members about',
      'which versions of the profile differ.',
    ),
    files: {
      allow: paragraph(
        'What is allowed, and has to be allowed, as file rules without their comma: `/srv/** rw`,',
        '`owner /home/** rwk`, `/usr/bin/* rmix`, `file`.',
      ),
      except: 'What of that is to be denied after all, in the same form: for profiles that allow `file` and deny some.',
      open: paragraph(
        'What may be allowed or denied, in the same form: it is not compared. For paths about which versions of the',
        'profile differ.',
      ),
    },
    classes: {
      capability: 'Every capability that the kernel has: `net_bind_service`.',
      network: paragraph(
        'A socket of every family, type and protocol: `inet stream`, `inet6 dgram udp`, `netlink raw 15`.',
        'What the control cannot open either is not there.',
      ),
      mount: paragraph(
        'Every kind of mount: `new TYPE` for each file system of the kernel, `bind`, `rbind`, `move`, `remount`,',
        '`make-private` and its kin, `umount`, `pivot_root`, and by the newer calls `fsmount TYPE` and `open_tree`.',
      ),
      userns: '`create`: a user namespace.',
      io_uring: '`sqpoll` and `override_creds`.',
      mqueue: 'POSIX message queues: `create`, `read`, `write`, `delete`.',
      ptrace: paragraph(
        '`trace LABEL` and `read LABEL`, and the other way round `tracedby LABEL` and `readby LABEL`, which the kernel',
        'does not ask about an unconfined process.',
        'LABEL is `own`, `unconfined`, `other` (a label that nobody has), the profile of one of the `peers`, or a name',
        'that an expression in a rule of the profile matches and none of these: up to six such names.',
      ),
      signal: paragraph(
        '`send LABEL SIGNAL` and `receive LABEL SIGNAL`, with the labels of `ptrace`: every signal between processes',
        'of the profile, and between it and others those that end, stop or tell a program something.',
      ),
      change_profile: paragraph(
        '`change_profile LABEL`, `change_onexec LABEL` and `stack LABEL` for `unconfined` and each profile that is',
        'loaded, and `change_hat NAME` for each child of the profile.',
      ),
      exec: paragraph(
        'Executables of the image: none may start under another label than the profile, unless it is listed as',
        '`/PATH LABEL`; the label `*` is any. What the profile refuses to start, stays in it too. The compiled policy',
        'is asked about each; those of which it says more than that they stay are started, and some of the others.',
        'The same for other ways to start a program: `copy /PATH LABEL` for a copy at that path, `memfd /PATH LABEL`',
        'for a copy in memory, `interpreter /PATH LABEL` for a script whose first line names the program, and',
        '`loader /PATH LABEL` for the dynamic loader with the program. Where the policy would let a program leave the',
        'profile and the image has none, a copy is put there.',
      ),
      file: paragraph(
        'Every file and folder of the container, and one name at least for each set of expressions that match the',
        'same, with each permission, for the owner and for others: the kernel is asked what the policy says of it, and',
        'some are tried. See [Closed files](#closed-files).',
      ),
    },
  },

  spec: {
    $schema: 'For editors.',
    title: "Name of the suite in reports. Default: the file's name.",
    waivers: 'Accesses that a change of the profile may newly allow: `apparmor-probe diff` fails for all others.',
    control: paragraph(
      'Run each probe in an unconfined control container as well, to prove that the profile causes the denials.',
      'With `profile`, the control runs under that baseline profile instead,',
      'to prove what the tested profile denies beyond it. Default true.',
    ),
    baseline: paragraph(
      'The baseline profile: one of the same file, or one that is already loaded, for example `docker-default`.',
    ),
    defaults: 'Defaults for probes that do not set these keys.',
    closed: paragraph(
      'Classes of which whatever is not declared allowed has to be denied: the harness tries every member of them.',
      'A list of classes, or a mapping of classes to what is allowed of each. See [Closed classes](#closed-classes).',
    ),
    open: paragraph(
      'Classes that the spec leaves open on purpose. With `closed`, a report names each class of which the spec says',
      'nothing.',
    ),
    probes: 'The probes, run in this order.',
  },
} as const;
