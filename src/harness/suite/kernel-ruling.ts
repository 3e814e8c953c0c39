/** What a suite knows of its container and its policy from the host, beside what the probes show. */
import { fsuidOf, lookUp, ownerOf } from '#adapters/container/rootfs/lookup.ts';
import { filesNow } from '#adapters/container/rootfs/symlinks.ts';
import { openLine, type PolicyQuery } from '#adapters/kernel/securityfs/access-query.ts';
import type { FileLookup } from '#core/model/file-lookup.ts';
import { asLoaded, type Names } from '#core/model/labels.ts';
import type { Action, Observation, Ruling } from '#core/model/model.ts';
import { defined } from '#core/model/optional.ts';
import type { ProbeTarget } from '#adapters/probe/probe-target.ts';
import { policyQuestion } from '#core/verdict/policy-question.ts';
import { withoutMode } from '#core/verdict/record-fit.ts';

/** The host's view of the container under test. */
export interface Outside {
  /** A profile's name as it is loaded. */
  readonly loaded: (label: string) => string;
  /** A child of the agent makes every call, because what the profile denies kills who asks. */
  readonly inChildren: boolean;
  /** To be called before attempts, which may remove or make files. It holds as long as the caller does not wait. */
  readonly before: () => Before;
  /** To be called after attempts, and closed. It holds as long as the caller does not wait. */
  readonly after: () => After;
}

/** The container before some attempts. */
export interface Before {
  /** What a path is in the container. */
  readonly look: FileLookup;
  /** The same in the control; undefined without one. */
  readonly lookInControl?: FileLookup;
  /** @returns asks the kernel about what was tried, after it */
  readonly ruling: (action: Action) => (observation: Observation, after: After) => Ruling | undefined;
}

/** The processes of the container, and the policy, after some attempts. */
export interface After {
  /** The user of a process for files; undefined when it cannot be read. */
  readonly fsuidOf: (pid: number) => string | undefined;
  readonly ask: PolicyQuery['ruling'];
  readonly close: () => void;
}

export interface OutsideOptions {
  readonly confined: Rooted;
  readonly control: Rooted | undefined;
  readonly names: Names;
  /** See {@link Outside.inChildren}. */
  readonly inChildren: boolean;
}

/** A container, seen through a process whose root folder is its own. */
type Rooted = Pick<ProbeTarget, 'rootPid'>;

export function outsideOf({ confined, control, names, inChildren }: OutsideOptions): Outside {
  return {
    loaded: (label) => asLoaded(label, names),
    inChildren,
    before: () => {
      const pid = confined.rootPid;
      const files = filesNow(pid);
      const look: FileLookup = (path, follow) => lookUp(pid, path, follow, files);
      return defined({
        look,
        lookInControl: control && lookIn(control),
        ruling: (action: Action) => rulingOn(action, look, (path) => ownerOf(pid, path, files)),
      });
    },
    after,
  };
}

function lookIn({ rootPid }: Rooted): FileLookup {
  const files = filesNow(rootPid);
  return (path, follow) => lookUp(rootPid, path, follow, files);
}

function after(): After {
  const line = openLine();
  const users = new Map<number, string | undefined>();
  return {
    fsuidOf: (pid) => {
      if (!users.has(pid)) users.set(pid, fsuidOf(pid));
      return users.get(pid);
    },
    ask: (...question) => line?.ruling(...question),
    close: () => line?.close(),
  };
}

function rulingOn(
  action: Action,
  look: FileLookup,
  ownerAt: (path: string) => string | undefined,
): (observation: Observation, after: After) => Ruling | undefined {
  const question = policyQuestion(action);
  const place = question && look(question.path, question.follow);
  if (question === undefined || place === undefined) return () => undefined;

  const { permissions } = question;
  const path = (question.isFolder || place.folder) && place.path !== '/' ? `${place.path}/` : place.path;
  const owner = ownerAt(place.path);
  return ({ process }, { fsuidOf: userOf, ask }) => {
    // the kernel answers what the owner of the file may do; who makes a file will own it
    if (process === undefined || (owner !== undefined && owner !== userOf(process.pid))) return undefined;
    return ask(withoutMode(process.label), path, permissions);
  };
}
