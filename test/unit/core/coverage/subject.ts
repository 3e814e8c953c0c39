/** Profiles read from text for tests of coverage. */
import type { Subject } from '#core/coverage/credit.ts';
import type { FileLookup } from '#core/model/file-lookup.ts';
import type { ContainerView } from '#core/coverage/untestable-rules.ts';
import type { Entry } from '#core/model/model.ts';
import { isRead, readProfileText } from '#core/profile/syntax/read-profile-text.ts';
import type { Rule } from '#core/profile/syntax/ast.ts';
import { readOperation } from '#core/spec/read-operation.ts';
import { entry, observation, record, success } from '../report/ledger.ts';

/** Profile `p` with these rules, loaded as `p.run`. */
export function subject(rules: string, more = ''): Subject {
  const text = readProfileText('/p', `@{PROC} = /proc/\nprofile p {\n${rules}\n}\n${more}`, () => undefined);
  if (!isRead(text)) throw new Error(text.message);
  return { text, profile: 'p', original: (label) => label.replace(/^(p|q)\.run/, '$1'), shadowed: new Set() };
}

/** A file system: folders end with a slash, links have `->`; what is not listed is missing in its folder. */
export function files(...names: string[]): FileLookup {
  const links = new Map(
    names.filter((name) => name.includes('->')).map((name) => name.split('->') as [string, string]),
  );
  const resolve = (path: string): string => {
    for (const [from, to] of links)
      if (path === from || path.startsWith(`${from}/`)) return resolve(to + path.slice(from.length));
    return path;
  };
  return (path, follow) => {
    const clean = path.length > 1 ? path.replace(/\/$/, '') : path;
    const cut = clean.lastIndexOf('/');
    const real = follow
      ? resolve(clean)
      : `${resolve(clean.slice(0, cut) || '/').replace(/^\/$/, '')}${clean.slice(cut)}`;
    return {
      path: real,
      folder: real === '/' || names.includes(`${real}/`),
      missing: !(real === '/' || names.includes(`${real}/`) || names.includes(real)),
    };
  };
}

/** A container of everything. */
export function here(change: Partial<ContainerView> = {}): ContainerView {
  return {
    look: files('/etc/', '/etc/passwd'),
    list: () => undefined,
    capabilities: new Set(['chown', 'sys_admin']),
    labels: ['unconfined'],
    filtered: false,
    unmediated: () => undefined,
    ...change,
  };
}

/** A probe of one operation, and what came of it: it succeeded unless the kernel's records say DENIED. */
export function operation(line: string, ...records: Readonly<Record<string, string>>[]): Entry {
  const words = line.split(' ').map((word) => (word === "''" ? '' : word));
  const read = readOperation(words);
  if ('problem' in read) throw new Error(read.problem);
  const found = records.map((fields) => ({
    record: { ...record({ profile: 'p.run', ...fields }), type: fields['type'] ?? 'DENIED' },
    by: 'comm' as const,
  }));
  const made = entry('pass', line.slice(0, 15), {
    witnesses: found,
    observation: found.some(({ record: one }) => one.type === 'DENIED') ? observation() : success(),
  });
  return { ...made, probe: { ...made.probe, action: { kind: 'operation', ...read, words } } };
}

/** Rules as they are written. */
export function texts(rules: Iterable<Rule>): string[] {
  return [...rules].map(({ text }) => text).sort();
}
