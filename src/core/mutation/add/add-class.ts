/** Whole classes that few profiles mention. Pure. */
import type { AddOperator } from './add-context.ts';

export const addClass: AddOperator = () => ['userns', 'io_uring', 'mqueue', 'dbus', 'all'];
