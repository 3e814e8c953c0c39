import { expect } from 'chai';
import { uncompiledReason } from '#adapters/kernel/securityfs/features.ts';

/** In the form of /etc/apparmor.d/abi/: a word list, a folder in a folder, one after another. */
const ABI =
  'query {label {perms {allow deny\n}\n}\n}\nsignal {mask {hup int\n}\n}\ncaps {mask {chown\n}\n}\n' +
  'namespaces {pivot_root {no\n}\nprofile {yes\n}\n}\nmount {mask {mount umount\n}\n}\n' +
  'network_v8 {af_mask {unix inet\n}\n}\nfile {mask {create read\n}\n}\ndomain {change_profile {yes\n}\n}\n';

describe('uncompiledReason', () => {
  it('names the classes that a list of features leaves out', () => {
    const missing = [
      'file',
      'capability',
      'network',
      'mount',
      'signal',
      'change_profile',
      'ptrace',
      'userns',
      'io_uring',
      'mqueue',
      'rlimit',
    ].filter((name) => uncompiledReason(name, { name: '<abi/x>', text: ABI }) !== undefined);
    expect(missing).to.deep.equal(['ptrace', 'userns', 'io_uring', 'mqueue', 'rlimit']);
    expect(uncompiledReason('userns', { name: '<abi/4.0>', text: 'namespaces {mask {userns_create\n}\n}\n' })).to.equal(
      undefined,
    );
    expect(uncompiledReason('userns', { name: '<abi/3.0>', text: ABI })).to.equal(
      'The policy is compiled without rules of class userns: its feature ABI, <abi/3.0>, does not include it.',
    );
  });
});
