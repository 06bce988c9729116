import { assert, describe, it } from "@effect/vitest"
import { Effect, Predicate } from "effect"
import { complete, configured } from "./Fixture.ts"

/** A variable that is left out of the least that `serve` starts with. */
export const absent = undefined

/** A mistake, and the whole answer to it: one line, in which `FILE` stands for the file's path. */
export interface Mistake {
  /** Variables beside those that `serve` needs, or in their place. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly yaml?: string
  /** The line that stops the start. */
  readonly problem?: string
  /** The line that the start logs, for a mistake that stops nothing. */
  readonly warning?: string
}

const inFile = (line: string): string => line.replaceAll(/\/\S+\/config\.yaml/g, "FILE")

const answer = ({ env = {}, yaml = "" }: Mistake) => {
  const variables = Object.entries({ ...complete, ...env }).flatMap(([name, value]) =>
    Predicate.isString(value) ? [[name, value] as const] : []
  )
  return configured({ env: Object.fromEntries(variables), yaml }).pipe(
    Effect.match({
      onFailure: ({ problems }) => ({ problems: problems.map(inFile), warnings: [] }),
      onSuccess: ({ warnings }) => ({ problems: [], warnings: warnings.map(inFile) })
    })
  )
}

/** One test for each mistake: what is said of it is this line and no other. */
export const mistakes = (about: string, table: Readonly<Record<string, Mistake>>): void => {
  describe(about, () => {
    for (const [title, mistake] of Object.entries(table)) {
      it.effect(title, () =>
        Effect.gen(function*() {
          const { problem, warning } = mistake
          assert.deepStrictEqual(yield* answer(mistake), {
            problems: problem === undefined ? [] : [problem],
            warnings: warning === undefined ? [] : [warning]
          })
        }))
    }
  })
}
