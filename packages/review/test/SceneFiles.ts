/** The files of a scene, as a checkout lists and searches them. */
import { RepoPath } from "@nominal-code/domain/event/PullRequest"
import { Effect } from "effect"

type Files = Readonly<Record<string, string>>

/** Lists the files directly in a directory. */
export const listing = (files: Files) => (folder: string) =>
  Effect.sync(() =>
    Object.keys(files).filter((name) => name.slice(0, name.lastIndexOf("/")) === folder).map((name) =>
      RepoPath.make(name)
    )
  )

/** Finds the lines that hold one of the words. */
export const searching = (files: Files) => (words: ReadonlyArray<string>) =>
  Effect.sync(() =>
    Object.entries(files).flatMap(([name, text]) =>
      text.split("\n").flatMap((line, at) =>
        words.some((word) => line.includes(word)) ? [{ path: RepoPath.make(name), line: at + 1, text: line }] : []
      )
    )
  )
