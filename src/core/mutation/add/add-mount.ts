/** `mount,` and its kinds, `umount,` and `pivot_root,`. Pure. */
import type { AddContext, AddOperator } from './add-context.ts';

const MOUNTS = [
  'mount',
  'mount options=(bind)',
  'mount options=(rbind)',
  'mount options=(move)',
  'mount options=(make-rprivate)',
  'mount options=(make-rshared)',
  'mount fstype=tmpfs',
  'mount fstype=proc',
  'mount fstype=sysfs',
  'mount fstype=overlay',
  'mount /** -> /mnt/',
  'remount',
  'remount options=(ro, bind)',
];

export const addMount: AddOperator = ({ allows }: AddContext) => [
  ...MOUNTS,
  ...(allows({ class: 'umount', target: '/mnt/' }) ? [] : ['umount']),
  ...(allows({ class: 'pivot_root', target: '/mnt/', oldroot: '/mnt/old/' }) ? [] : ['pivot_root']),
];
