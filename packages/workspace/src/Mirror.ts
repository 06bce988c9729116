/**
 * One bare repository for each (server, repository), shared by every pull request and by every process on the disk.
 *
 * - It is made in a temporary directory and renamed, so a mirror is either whole or not there.
 * - Only exact references and commits are fetched, by URL: no remote is configured, and no branch name is ambiguous.
 * - History is fetched to a depth of `INITIAL_DEPTH` commits, and only ever deepened, until the head and the base meet:
 *   never shortened, because another review may be reading. A later fetch names no depth. All blobs of that history
 *   are fetched: a partial clone would have to fetch lazily, with credentials, from commands that must have none.
 * - Nothing is pruned while a review may need it; the mirror as a whole leaves the disk by age and by size.
 */
import type { Sha } from "@nominal-code/domain/event/PullRequest"
import { Effect, FileSystem, Option, Path } from "effect"
import { createHash } from "node:crypto"
import { discard } from "./Cleanup.ts"
import { commitsSince } from "./CommitChain.ts"
import { Git, GitError } from "./Git.ts"
import type { ObjectReader } from "./ObjectReader.ts"
import * as Objects from "./Objects.ts"
import * as PrivateDirectory from "./PrivateDirectory.ts"
import type { Remote } from "./Remote.ts"
import { type CheckoutRequest, WorkspaceError } from "./Workspace.ts"

/** Commits of a review. */
export interface Commits {
  readonly head: Sha
  /** The tip of the base branch. */
  readonly base: Sha
  readonly mergeBase: Sha
}

export interface Mirror {
  readonly gitDir: string
  readonly remote: Remote
  /** Maximum size of the mirror's packs. */
  readonly maxBytes: number
}

const INITIAL_DEPTH = 500
/** Time for one fetch. */
export const FETCH_TIMEOUT_SECONDS = 900

/**
 * Attributes that override every `.gitattributes`: no filter, no conversion, and no file that hides its changes as
 * "binary".
 */
const ATTRIBUTES = "* -text !eol -ident -filter -working-tree-encoding !diff !merge -export-subst\n"

/** The whole configuration of a mirror. A repository's own could name filters, proxies, hooks and other programs. */
const configOf = (sample: Sha) =>
  sample.length === 64
    ? "[core]\n\trepositoryformatversion = 1\n\tbare = true\n[extensions]\n\tobjectformat = sha256\n"
    : "[core]\n\trepositoryformatversion = 0\n\tbare = true\n"

/** Files of a repository that lead git to other configuration, objects or programs. A mirror has none of them. */
const leadingElsewhere = [
  "commondir",
  "config.worktree",
  "hooks",
  "info/grafts",
  "objects/info/alternates",
  "objects/info/http-alternates"
]

/** Gives a mirror our configuration: whoever has prepared or changed it, git acts on nothing of theirs. */
const configure = Effect.fnUntraced(function*(gitDir: string, sample: Sha) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  for (const name of leadingElsewhere) {
    yield* fs.remove(path.join(gitDir, name), { recursive: true, force: true })
  }
  for (const [name, content] of [["config", configOf(sample)], ["info/attributes", ATTRIBUTES]] as const) {
    const file = path.join(gitDir, name)
    const isLink = Option.isSome(yield* Effect.option(fs.readLink(file)))
    const there = isLink ? "" : yield* Effect.orElseSucceed(fs.readFileString(file), () => "")
    if (there === content) continue
    // Renamed into place, as another review may be reading it.
    yield* fs.makeDirectory(path.dirname(file), { recursive: true })
    yield* fs.writeFileString(`${file}.new`, content)
    yield* fs.rename(`${file}.new`, file)
  }
})

/** True for a mirror that nobody else can have prepared. Any other one is removed. */
const isOurs = Effect.fnUntraced(function*(gitDir: string) {
  const fs = yield* FileSystem.FileSystem
  if (Option.isNone(yield* Effect.option(fs.readLink(gitDir))) && !(yield* fs.exists(gitDir))) return false
  const refused = yield* Effect.flip(PrivateDirectory.check(gitDir)).pipe(Effect.option)
  if (Option.isNone(refused)) return true
  yield* Effect.logWarning(`a mirror is made anew: ${refused.value.message}`)
  yield* discard(gitDir)
  return false
})

/** Creates the mirror if it does not exist. */
export const ensure = Effect.fn("Mirror.ensure")(function*(mirror: Mirror, sample: Sha) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  if (yield* isOurs(mirror.gitDir)) return yield* configure(mirror.gitDir, sample)
  const parent = path.dirname(mirror.gitDir)
  const draft = yield* fs.makeTempDirectoryScoped({ directory: parent, prefix: ".new-" })
  const gitDir = path.join(draft, "mirror.git")
  // All that `git init` writes, without a process of its own.
  for (const name of ["objects/info", "objects/pack", "refs/heads", "refs/tags"]) {
    yield* fs.makeDirectory(path.join(gitDir, name), { recursive: true })
  }
  yield* fs.writeFileString(path.join(gitDir, "HEAD"), "ref: refs/heads/main\n")
  yield* configure(gitDir, sample)
  yield* fs.chmod(gitDir, 0o700)
  yield* fs.rename(gitDir, mirror.gitDir)
}, Effect.scoped)

/** Removes the lock files of git that a killed process left. Only for the holder of the repository's own lock. */
export const removeStaleLocks = Effect.fnUntraced(function*(gitDir: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  for (const directory of [gitDir, path.join(gitDir, "refs", "nominal")]) {
    const names = yield* Effect.orElseSucceed(fs.readDirectory(directory), () => [])
    for (const name of names.filter((name) => name.endsWith(".lock"))) {
      yield* fs.remove(path.join(directory, name), { force: true })
    }
  }
})

const localName = (name: string) => `refs/nominal/${createHash("sha256").update(name).digest("hex").slice(0, 24)}`

/** Reference that is fetched as it is on the server, or a commit that is fetched for it. */
type Wanted = string | { readonly commit: Sha; readonly ref: string }

const refspec = (wanted: Wanted) =>
  typeof wanted === "string"
    ? `+${wanted}:${localName(wanted)}`
    : `+${wanted.commit}:${localName(wanted.ref)}`

/** True if nothing has been fetched yet. */
const isEmpty = Effect.fnUntraced(function*(gitDir: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const loose = yield* Effect.orElseSucceed(fs.readDirectory(path.join(gitDir, "refs", "nominal")), () => [])
  return loose.length === 0 && !(yield* fs.exists(path.join(gitDir, "packed-refs")))
})

const packBytes = Effect.fnUntraced(function*(gitDir: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const packs = path.join(gitDir, "objects", "pack")
  const names = yield* Effect.orElseSucceed(fs.readDirectory(packs), () => [])
  const sizes = yield* Effect.forEach(
    names,
    (name) =>
      Effect.match(fs.stat(path.join(packs, name)), { onFailure: () => 0, onSuccess: (info) => Number(info.size) }),
    {
      concurrency: 8
    }
  )
  return sizes.reduce((total, size) => total + size, 0)
})

const checkSize = Effect.fnUntraced(function*(mirror: Mirror) {
  const size = yield* packBytes(mirror.gitDir)
  if (size <= mirror.maxBytes) return
  return yield* new GitError({
    reason: "too-large",
    message: `the history takes more than workspace.max_bytes (${mirror.maxBytes})`
  })
})

const fetch = Effect.fn("Mirror.fetch")(function*(
  mirror: Mirror,
  refs: ReadonlyArray<Wanted>,
  depth: ReadonlyArray<string> = []
) {
  const git = yield* Git
  yield* Effect.annotateCurrentSpan({ repo: mirror.remote.repo, depth: depth.join(" ") })
  const args = ["fetch", "--quiet", "--force", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", ...depth]
  // A server may send without end: looked at while it comes, and once more when all is here.
  const watch = Effect.forever(Effect.delay(checkSize(mirror), "2 seconds"))
  yield* Effect.raceFirst(
    git.run([...args, "--", mirror.remote.url, ...refs.map(refspec)], {
      gitDir: mirror.gitDir,
      remote: mirror.remote,
      timeoutSeconds: FETCH_TIMEOUT_SECONDS
    }),
    watch
  )
  yield* checkSize(mirror)
})

/** Fetches the existing ones among some references; true if all exist. */
const fetchExisting = (mirror: Mirror, refs: ReadonlyArray<Wanted>, depth: ReadonlyArray<string>) =>
  fetch(mirror, refs, depth).pipe(
    Effect.as(true),
    Effect.catchIf((error) => error.reason === "missing", () => Effect.succeed(false))
  )

const isShallow = (mirror: Mirror) =>
  Effect.flatMap(Git, (git) => git.run(["rev-parse", "--is-shallow-repository"], { gitDir: mirror.gitDir })).pipe(
    Effect.map(({ stdout }) => Buffer.from(stdout).toString().trim() === "true")
  )

/**
 * Finds the merge base of two commits, and deepens the history as far as needed. Without a process, where the head is
 * some commits on top of the base.
 */
const findMergeBase = Effect.fnUntraced(function*(
  mirror: Mirror,
  objects: ObjectReader,
  base: Sha,
  head: Sha,
  refs: ReadonlyArray<Wanted>
) {
  if (Option.isSome(yield* commitsSince(objects, base, head))) return Option.some(base)
  for (const depth of ["--deepen=2000", "--deepen=20000", "--unshallow"]) {
    const found = yield* Objects.mergeBase(mirror.gitDir, base, head)
    if (Option.isSome(found) || !(yield* isShallow(mirror))) return found
    yield* fetch(mirror, refs, [depth])
  }
  return yield* Objects.mergeBase(mirror.gitDir, base, head)
})

/** Makes sure that a commit is here; false if the server does not have it or does not send it. */
const obtain = Effect.fnUntraced(function*(mirror: Mirror, objects: ObjectReader, sha: Sha) {
  if (yield* Objects.hasCommit(objects, sha)) return true
  return yield* fetchExisting(mirror, [sha], [])
})

const gone = (message: string) => Effect.fail(new WorkspaceError({ message, reason: "missing" }))

/**
 * Brings the head, the base and their history here. The head is the commit that was asked for even if its reference has
 * moved on. The base is the branch's tip, as it was told or as it is; once the head is merged, its merge base would be the head itself, so then
 * the base commit of the request decides.
 */
export const update = Effect.fn("Mirror.update")(function*(
  mirror: Mirror,
  objects: ObjectReader,
  request: CheckoutRequest
) {
  const { host, repo } = mirror.remote
  const { baseTip } = request
  const baseRef = `refs/heads/${request.baseBranch}`
  const depth = (yield* isEmpty(mirror.gitDir)) ? [`--depth=${INITIAL_DEPTH}`] : []
  let refs: Array<Wanted> = [request.headRef, baseRef]
  const byName = fetchExisting(mirror, refs, depth)
  // git does not ask for the server's references where it is told commits only.
  const byCommit = Effect.fnUntraced(function*(tip: Sha) {
    const commits: Array<Wanted> = [{ commit: request.headSha, ref: request.headRef }, { commit: tip, ref: baseRef }]
    const areHere = yield* fetchExisting(mirror, commits, depth)
    if (areHere) refs = commits
    return areHere
  })
  const fetched = baseTip === undefined
    ? byName
    : Effect.flatMap(byCommit(baseTip), (areHere) => areHere ? Effect.succeed(true) : byName)
  // The process that reads the objects starts while git fetches them.
  let [baseExists] = yield* Effect.all([fetched, Effect.ignore(objects.start)], { concurrency: 2 })
  if (!baseExists) {
    // git fetches none of the names when one is missing.
    refs.length = 0
    if (yield* fetchExisting(mirror, [request.headRef], depth)) refs.push(request.headRef)
    baseExists = yield* fetchExisting(mirror, [baseRef], depth)
    if (baseExists) refs.push(baseRef)
  }
  if (!(yield* obtain(mirror, objects, request.headSha))) {
    return yield* gone(
      `Commit ${
        request.headSha.slice(0, 12)
      } is no longer on ${host} in ${repo}: the pull request was force-pushed or ` +
        `deleted since.`
    )
  }
  if (!baseExists && !(yield* obtain(mirror, objects, request.baseSha))) {
    return yield* gone(
      `The base branch ${request.baseBranch} of ${repo} is no longer on ${host}, nor is its last commit.`
    )
  }
  const base = baseExists ? yield* Objects.commitOf(objects, localName(baseRef)) : request.baseSha
  const known = refs.length === 0 ? [request.headSha] : refs
  const tipBase = yield* findMergeBase(mirror, objects, base, request.headSha, known)
  const merged = Option.contains(tipBase, request.headSha) && (yield* obtain(mirror, objects, request.baseSha))
  const mergeBase = merged ? yield* findMergeBase(mirror, objects, request.baseSha, request.headSha, known) : tipBase
  if (Option.isNone(mergeBase)) {
    return yield* gone(`The pull request's head and ${request.baseBranch} of ${repo} have no commit in common.`)
  }
  const commits: Commits = { head: request.headSha, base, mergeBase: mergeBase.value }
  return commits
})
