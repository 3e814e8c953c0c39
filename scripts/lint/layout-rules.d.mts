import type { Linter } from 'eslint';

export const layoutRules: Linter.Config[];
