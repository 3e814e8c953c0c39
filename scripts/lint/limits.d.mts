export const LIMITS: {
  readonly width: number;
  readonly tabWidth: number;
  readonly complexity: number;
  readonly parameters: number;
  readonly statements: number;
};
export const TABLE_ROW: string;
