/** Reads a JSON Schema for a reader: the keys of an object, and the kinds of value that each takes. Pure. */

/** What is read of a JSON Schema. */
export interface Schema {
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: string | number | boolean;
  readonly pattern?: string;
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly additionalProperties?: Schema | boolean;
  readonly $defs?: Readonly<Record<string, Schema>>;
}

/** A key of an object. */
export interface Key {
  readonly name: string;
  readonly needed: boolean;
  /** The kinds of value, in words. */
  readonly kinds: readonly string[];
  readonly description: string;
}

/** A schema with its definitions. */
export class SchemaReader {
  readonly root: Schema;

  constructor(root: Schema) {
    this.root = root;
  }

  /** The schema that a reference leads to. Its description is that of the reference, if that has one. */
  deref(schema: Schema): Schema {
    const name = schema.$ref?.replace('#/$defs/', '');
    const definition = name === undefined ? undefined : this.root.$defs?.[name];
    if (definition === undefined) return schema;

    const { description } = schema;
    return { ...this.deref(definition), ...(description === undefined ? {} : { description }) };
  }

  /** The branches of a value that are objects with keys of their own. */
  objects(schema: Schema): Schema[] {
    const value = this.deref(schema);
    return (value.anyOf ?? [value])
      .map((branch) => this.deref(branch))
      .filter(({ properties }) => properties !== undefined);
  }

  /** The first branch of a value that is an object, else the value. */
  object(schema: Schema): Schema {
    return this.objects(schema)[0] ?? this.deref(schema);
  }

  /** The schema of a key of an object. */
  at(schema: Schema, key: string): Schema {
    return this.deref(this.object(schema).properties?.[key] ?? {});
  }

  /** The schema of the items of a list, or of the values of a map. */
  items(schema: Schema): Schema {
    const { items, additionalProperties } = this.deref(schema);
    const values = typeof additionalProperties === 'object' ? additionalProperties : {};
    return this.deref(items ?? values);
  }

  /** The keys of an object. */
  keys(schema: Schema): Key[] {
    const { properties = {}, required = [] } = this.deref(schema);
    return Object.entries(properties)
      .filter(([name]) => name !== '$schema')
      .map(([name, value]) => ({
        name,
        needed: required.includes(name),
        kinds: this.kinds(value),
        description: this.deref(value).description ?? '',
      }));
  }

  /** The kinds of value that a schema takes, in words. */
  kinds(schema: Schema): string[] {
    const value = this.deref(schema);
    if (value.anyOf !== undefined) return [...new Set(value.anyOf.flatMap((branch) => this.kinds(branch)))];
    if (value.enum !== undefined) return value.enum.map((allowed) => `\`${String(allowed)}\``);
    if (value.const !== undefined) return [`\`${String(value.const)}\``];
    if (value.type === 'array') return [`list of ${this.#kindsOfItems(value)}`];
    if (value.type === 'object' && value.properties === undefined) return [`map of ${this.#kindsOfItems(value)}`];
    return [value.type ?? 'any'].flat();
  }

  #kindsOfItems(schema: Schema): string {
    return this.kinds(this.items(schema)).map(plural).join(' or ');
  }
}

/** @param kind a type of JSON, a list, or a value as code, which stays as it is */
function plural(kind: string): string {
  if (kind.startsWith('`')) return kind;
  return kind.replace(/^\w+/, '$&s');
}
