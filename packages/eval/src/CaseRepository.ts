/** A case as a git repository, with the two commits between which the review looks. */
import { Git } from "@nominal-code/workspace/Git"
import type { LocalChanges } from "@nominal-code/workspace/LocalChanges"
import { Effect, FileSystem, Path } from "effect"
import { type CaseCode, type EvalCase, SuiteError } from "./Suite.ts"

const encoder = new TextEncoder()

/** A piece of data of `git fast-import`, whose length counts in bytes. */
const data = (text: string): string => `data ${encoder.encode(text).length}\n${text}\n`

const quoted = (path: string): string => `"${path.replaceAll(/[\\"]/g, "\\$&").replaceAll("\n", "\\n")}"`

const author = "Eval <eval@localhost>"

/** One commit, with all its files. */
const commit = (
  branch: string,
  { files, from, message, seconds }: {
    readonly files: Readonly<Record<string, string>>
    readonly from?: string
    readonly message: string
    readonly seconds: number
  }
): string =>
  [
    `commit refs/heads/${branch}\n`,
    `committer ${author} ${seconds} +0000\n`,
    data(message),
    ...(from === undefined ? [] : [`from refs/heads/${from}\n`]),
    "deleteall\n",
    ...Object.entries(files).map(([path, text]) => `M 100644 inline ${quoted(path)}\n${data(text)}`)
  ].join("")

/** Time of the commits: the same case makes the same commits, and so the same prompt. */
const since = 1_767_225_600

const importOf = ({ title, description }: EvalCase, { base, head }: Extract<CaseCode, { _tag: "Trees" }>): string =>
  commit("base", { files: base, message: "Before", seconds: since }) +
  commit("head", {
    files: head,
    from: "base",
    message: description === "" ? title : `${title}\n\n${description}`,
    seconds: since + 60
  })

/** The commit of a branch in what `git bundle` prints: a line for each, `sha name`. */
const commitOf = (refs: string, branch: string): string | undefined =>
  refs.split("\n").find((line) => line.endsWith(` refs/heads/${branch}`))?.split(" ")[0]

/** Makes the repository of a case, in a directory that is removed with the scope. */
export const make = Effect.fn("CaseRepository.make")(
  function*(one: EvalCase) {
    const git = yield* Git
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const repository = yield* fs.makeTempDirectoryScoped({ prefix: "nominal-eval-" })
    const gitDir = path.join(repository, ".git")
    yield* git.run(["init", "--bare", "--quiet", "--template=", "--initial-branch=head"], { gitDir })
    const at = (base: string, head: string): LocalChanges => ({ repository, base, head })
    if (one.code._tag === "Trees") {
      yield* git.run(["fast-import", "--quiet"], { gitDir, stdin: importOf(one, one.code) })
      return at("base", "head")
    }
    const refs = new TextDecoder().decode((yield* git.run(["bundle", "unbundle", one.code.file], { gitDir })).stdout)
    const [base, head] = [commitOf(refs, "base"), commitOf(refs, "head")]
    if (base !== undefined && head !== undefined) return at(base, head)
    return yield* new SuiteError({
      reason: "no-repository",
      message: `${one.code.file} has no branches "base" and "head"`
    })
  },
  (effect, { name }) => {
    const failed = ({ message }: { readonly message: string }) =>
      Effect.fail(new SuiteError({ reason: "no-repository", message: `the case ${name}: ${message}` }))
    return Effect.catchTags(effect, { GitError: failed, PlatformError: failed })
  }
)
