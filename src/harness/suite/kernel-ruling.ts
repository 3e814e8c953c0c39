/** What a suite knows of its container and its policy from the host, beside what the probes show. */
import { fsuidOf, lookUp, ownerOf } from '#adapters/container/rootfs/lookup.ts';
import { askKernel } from '#adapters/kernel/securityfs/access-query.ts';
import type { FileLookup } from '#core/model/file-lookup.ts';
import { asLoaded, type Names } from '#core/model/labels.ts';
import type { Action, Observation, Ruling } from '#core/model/model.ts';
import { policyQuestion } from '#core/verdict/policy-question.ts';
import { withoutMode } from '#core/verdict/record-fit.ts';

/** The host's view of the container under test. */
export interface Outside {
  /** What a path is in the container now. */
  readonly look: FileLookup;
  /** A profile's name as it is loaded. */
  readonly loaded: (label: string) => string;
  /** The user of a process for files; undefined when it cannot be read. */
  readonly fsuidOf: (pid: number) => string | undefined;
  /** A child of the agent makes every call, because what the profile denies kills who asks. */
  readonly inChildren: boolean;
  /** To be called before an attempt, which may remove the file. @returns asks the kernel about what was tried */
  readonly ruling: (action: Action) => (observation: Observation) => Ruling | undefined;
}

/** @param pid a process of the confined container, on the host. */
export function outsideOf(pid: number, names: Names, inChildren: boolean): Outside {
  const look: FileLookup = (path, follow) => lookUp(pid, path, follow);
  return {
    look,
    loaded: (label) => asLoaded(label, names),
    fsuidOf,
    inChildren,
    ruling: (action) => rulingOn(action, pid, look),
  };
}

function rulingOn(action: Action, pid: number, look: FileLookup): (observation: Observation) => Ruling | undefined {
  const question = policyQuestion(action);
  const place = question && look(question.path, question.follow);
  if (question === undefined || place === undefined) return () => undefined;

  const { permissions } = question;
  const path = (question.isFolder || place.folder) && place.path !== '/' ? `${place.path}/` : place.path;
  const owner = ownerOf(pid, place.path);
  return ({ process }) => {
    // the kernel answers what the owner of the file may do; who makes a file will own it
    if (process === undefined || (owner !== undefined && owner !== fsuidOf(process.pid))) return undefined;
    return askKernel(withoutMode(process.label), path, permissions);
  };
}
