import type { Sha } from "@nominal-code/domain/event/PullRequest"
import { Effect } from "effect"
import { isGitDirectory } from "./Confinement.ts"
import type { GitError } from "./Git.ts"
import type { ListedFile, ObjectReader } from "./ObjectReader.ts"

/** Files of a commit that tools may see, with links and submodules, in the order of their paths. */
export type Listing = Effect.Effect<ReadonlyArray<ListedFile>, GitError>

/** True for a path that leads out of a directory, or into git's own. */
const isHidden = (path: string): boolean =>
  /(?:^|\/)\.{0,2}(?:\/|$)/.test(path) ||
  // Only names with these letters, or with characters that some file system takes for them, can stand for `.git`.
  (/git|[^\0-\x7f]/i.test(path) && path.split("/").some(isGitDirectory))

/** Makes the listing of a commit, which is read once, when it is first asked for. */
export const make = (objects: ObjectReader, commit: Sha): Effect.Effect<Listing> =>
  Effect.cached(Effect.map(objects.files(commit), (files) => files.filter(({ path }) => !isHidden(path))))
