/** Reads the few commits of a branch without a process of their own. */
import { Sha } from "@nominal-code/domain/event/PullRequest"
import { Effect, Option, Schema } from "effect"
import type { ObjectReader } from "./ObjectReader.ts"

/** Maximum number of commits that are read, each by a question to git: more take longer than a process. */
const MAX_COMMITS = 16
/** Maximum size of such a commit. */
const MAX_COMMIT_BYTES = 64 * 1024

/** A commit. */
interface Commit {
  readonly parents: ReadonlyArray<string>
  /** Seconds since the epoch, by the clock of whoever made it. */
  readonly at: number
  /** The lines of its message up to the first blank one, as git's `%s` has them. */
  readonly subject: string
}

const blanks: ReadonlySet<string | undefined> = new Set([" ", "\t", "\r"])

const withoutBlanksAtEnd = (line: string): string => {
  let end = line.length
  while (blanks.has(line[end - 1])) end--
  return line.slice(0, end)
}

const subjectOf = (message: string): string => {
  const lines = message.split("\n").map(withoutBlanksAtEnd)
  const from = lines.slice(lines.findIndex((line) => line !== ""))
  const blank = from.indexOf("")
  return from.slice(0, blank === -1 ? undefined : blank).join(" ")
}

/** Parses a commit object; none of one that names an encoding, or has another form. */
const parseCommit = (bytes: Uint8Array): Option.Option<Commit> => {
  const [text = ""] = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes).split("\0", 1)
  const end = text.indexOf("\n\n")
  const header = text.slice(0, Math.max(end, 0)).split("\n")
  // Names may hold line breaks of other systems: only the place of a line tells what it is.
  const author = header.findIndex((line) => line.startsWith("author "))
  const [, at] = /^committer [^]*> (\d+) [-+]\d{4}$/.exec(header[author + 1] ?? "") ?? []
  const parents = header.slice(1, author).map((line) => line.replace("parent ", ""))
  return at === undefined || header.some((line) => line.startsWith("encoding "))
    ? Option.none()
    : Option.some({ parents, at: Number(at), subject: subjectOf(text.slice(end + 2)) })
}

const isSha = Schema.is(Sha)

const read = (objects: ObjectReader, sha: Sha) =>
  Effect.map(objects.contents(sha, MAX_COMMIT_BYTES), Option.flatMap(parseCommit))

/**
 * The commits that were made on top of another one, oldest first, with no merge among them. None where it is not so, where
 * they are many, or where the clocks say that they are older.
 */
export const commitsSince = Effect.fnUntraced(function*(objects: ObjectReader, from: Sha, to: Sha) {
  const before = yield* read(objects, from)
  const found: Array<Commit> = []
  for (let sha = to; sha !== from;) {
    const commit = found.length === MAX_COMMITS ? Option.none() : yield* read(objects, sha)
    if (Option.isNone(before) || Option.isNone(commit)) return Option.none()
    const { at, parents: [parent, ...others] } = commit.value
    if (!isSha(parent) || others.length > 0 || at < before.value.at) return Option.none()
    found.unshift(commit.value)
    sha = parent
  }
  return Option.some<ReadonlyArray<Commit>>(found)
}, Effect.orElseSucceed(() => Option.none<ReadonlyArray<Commit>>()))
