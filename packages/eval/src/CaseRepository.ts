/** Cases as git repositories, each with the two commits between which the review looks. */
import { Sha } from "@nominal-code/domain/event/PullRequest"
import * as BorrowingRepository from "@nominal-code/workspace/BorrowingRepository"
import { Git } from "@nominal-code/workspace/Git"
import { type LocalChanges, resolveChanges, type ResolvedChanges } from "@nominal-code/workspace/LocalChanges"
import * as TemporaryDirectory from "@nominal-code/workspace/TemporaryDirectory"
import { Effect, FileSystem, Path, Schema, Scope } from "effect"
import { type CaseCode, type EvalCase, SuiteError } from "./Suite.ts"

const encoder = new TextEncoder()

/** Data of `git fast-import`, with its length in bytes. */
const data = (text: string): string => `data ${encoder.encode(text).length}\n${text}\n`

const quoted = (path: string): string => `"${path.replaceAll(/[\\"]/g, "\\$&").replaceAll("\n", "\\n")}"`

const author = "Eval"

/** One commit, with all its files, under a mark. */
const commit = (
  mark: number,
  { files, from, message, seconds }: {
    readonly files: Readonly<Record<string, string>>
    readonly from?: number
    readonly message: string
    readonly seconds: number
  }
): string =>
  [
    `commit refs/heads/commit-${mark}\n`,
    `mark :${mark}\n`,
    `committer ${author} <eval@localhost> ${seconds} +0000\n`,
    data(message),
    ...(from === undefined ? [] : [`from :${from}\n`]),
    "deleteall\n",
    ...Object.entries(files).map(([path, text]) => `M 100644 inline ${quoted(path)}\n${data(text)}`)
  ].join("")

/** Time of the commits: the same case makes the same commits, and so the same prompt. */
const since = 1_767_225_600

type Trees = Extract<CaseCode, { readonly _tag: "Trees" }>

const messageOf = ({ description, title }: EvalCase): string =>
  description === "" ? title : `${title}\n\n${description}`

const importOf = (one: EvalCase, { base, head }: Trees, mark: number): string =>
  commit(mark, { files: base, message: "Before", seconds: since }) +
  commit(mark + 1, { files: head, from: mark, message: messageOf(one), seconds: since + 60 })

/** The two commits of a case. */
interface Commits {
  readonly base: Sha
  readonly head: Sha
}

/** A repository with the commits of all cases of files. */
interface Store {
  readonly gitDir: string
  readonly commits: ReadonlyMap<EvalCase, Commits>
}

const decodeSha = Schema.decodeUnknownEffect(Sha)

/** Makes one repository of the cases of files: two processes of git for all of them. */
const imported = Effect.fnUntraced(function*(cases: ReadonlyArray<EvalCase>) {
  const git = yield* Git
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const gitDir = yield* TemporaryDirectory.make("nominal-eval-")
  yield* git.run(["init", "--bare", "--quiet", "--template=", "--initial-branch=head"], { gitDir })
  const marksFile = path.join(gitDir, "marks")
  const streams = cases.map((one, at) => one.code._tag === "Trees" ? importOf(one, one.code, 2 * at + 1) : "")
  yield* git.run(["fast-import", "--quiet", `--export-marks=${marksFile}`], { gitDir, stdin: streams.join("") })
  const marks = new Map(
    (yield* fs.readFileString(marksFile)).split("\n").map((line) => {
      const [mark = "", sha = ""] = line.split(" ")
      return [mark, sha] as const
    })
  )
  const commits = new Map<EvalCase, Commits>()
  for (const [at, one] of cases.entries()) {
    if (one.code._tag !== "Trees") continue
    const [base, head] = [marks.get(`:${2 * at + 1}`), marks.get(`:${2 * at + 2}`)]
    commits.set(one, { base: yield* decodeSha(base), head: yield* decodeSha(head) })
  }
  const store: Store = { gitDir, commits }
  return store
})

/** Changes of a case, with their commits. */
export interface CaseChanges extends LocalChanges {
  readonly resolved: ResolvedChanges
}

/** Makes the repository of one case of files, which borrows its objects. No process is started. */
const repositoryWithAlternates = Effect.fnUntraced(function*({ gitDir, commits }: Store, one: EvalCase) {
  const path = yield* Path.Path
  const found = commits.get(one)
  if (found === undefined) return yield* Effect.die(`the case ${one.name} was not imported`)
  const repository = yield* BorrowingRepository.make({
    objects: path.join(gitDir, "objects"),
    prefix: "nominal-eval-",
    files: { "refs/heads/base": `${found.base}\n`, "refs/heads/head": `${found.head}\n` }
  })
  const changes: CaseChanges = {
    repository,
    base: "base",
    head: "head",
    resolved: { repository, baseSha: found.base, headSha: found.head, title: one.title.replaceAll("\n", " "), author }
  }
  return changes
})

/** The commit of a branch in what `git bundle` prints: a line for each, `sha name`. */
const commitOf = (refs: string, branch: string): string | undefined =>
  refs.split("\n").find((line) => line.endsWith(` refs/heads/${branch}`))?.split(" ")[0]

const unbundled = Effect.fnUntraced(function*(file: string) {
  const git = yield* Git
  const path = yield* Path.Path
  const repository = yield* TemporaryDirectory.make("nominal-eval-")
  const gitDir = path.join(repository, ".git")
  yield* git.run(["init", "--bare", "--quiet", "--template=", "--initial-branch=head"], { gitDir })
  const refs = new TextDecoder().decode((yield* git.run(["bundle", "unbundle", file], { gitDir })).stdout)
  const [base, head] = [commitOf(refs, "base"), commitOf(refs, "head")]
  if (base === undefined || head === undefined) {
    return yield* new SuiteError({ reason: "no-repository", message: `${file} has no branches "base" and "head"` })
  }
  const local: LocalChanges = { repository, base, head }
  const changes: CaseChanges = { ...local, resolved: yield* resolveChanges(local) }
  return changes
})

/** Maker of the repositories of cases, in directories that are removed with the scope. */
export const make = Effect.fn("CaseRepository.make")(function*(cases: ReadonlyArray<EvalCase>) {
  const scope = yield* Effect.scope
  const together = yield* Effect.cached(Scope.provide(imported(cases), scope))
  return Effect.fn("CaseRepository.of")(
    function*(one: EvalCase) {
      if (one.code._tag === "Bundle") return yield* unbundled(one.code.file)
      // A case that git refuses costs no other one its repository.
      const store = yield* Effect.catch(together, () => imported([one]))
      return yield* repositoryWithAlternates(store, one)
    },
    (effect, { name }) =>
      Effect.mapError(
        effect,
        (error) => new SuiteError({ reason: "no-repository", message: `the case ${name}: ${error.message}` })
      )
  )
})
