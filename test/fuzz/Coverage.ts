import { type Profiler, Session } from "node:inspector"

/** Blocks of our sources that inputs have reached, as V8 counts them. */
export interface Coverage {
  /** Tells if the input that has just been read took a way that none before it has taken. */
  readonly isNew: () => boolean
  readonly stop: () => void
}

/** Class of a count: a loop that runs twice as often is another way, one that runs once more is not. */
const classOf = (count: number): number => Math.ceil(Math.log2(count + 1))

const ours = /\/packages\/[\w-]+\/src\//

/** Starts to count the blocks of this process. */
export const start = (): Coverage => {
  const session = new Session()
  session.connect()
  session.post("Profiler.enable")
  session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true })
  const seen = new Set<string>()

  /** Counts since it was called last. */
  const counted = (): ReadonlyArray<Profiler.ScriptCoverage> => {
    let scripts: ReadonlyArray<Profiler.ScriptCoverage> = []
    session.post("Profiler.takePreciseCoverage", (error, taken) => {
      if (error === null) scripts = taken.result
    })
    return scripts.filter(({ url }) => ours.test(url))
  }

  return {
    isNew: () => {
      const before = seen.size
      for (const { functions, scriptId } of counted()) {
        for (const { count, endOffset, startOffset } of functions.flatMap(({ ranges }) => ranges)) {
          seen.add(`${scriptId}:${startOffset}:${endOffset}:${classOf(count)}`)
        }
      }
      return seen.size > before
    },
    stop: () => session.disconnect()
  }
}
