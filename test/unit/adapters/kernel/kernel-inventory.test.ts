/** What this kernel has: read from its lists, whatever machine this is. */
import { expect } from 'chai';
import { kernelInventory, readFilesystems } from '#adapters/kernel/kernel-inventory.ts';

describe('the inventory of the kernel', () => {
  it('has its capabilities, families and file systems, also where AppArmor is not there', () => {
    const { lastCapability, families, filesystems } = kernelInventory();
    expect(lastCapability).to.be.within(36, 63);
    expect(families).to.include.members(['unix', 'inet', 'netlink']);
    expect(filesystems.map(({ name }) => name)).to.include('proc');
  });

  it('tells which file systems need a device', () => {
    expect(readFilesystems('nodev\ttmpfs\n\text4\nnodev\tproc\n\n')).to.deep.equal([
      { name: 'tmpfs', needsDevice: false },
      { name: 'ext4', needsDevice: true },
      { name: 'proc', needsDevice: false },
    ]);
  });
});
