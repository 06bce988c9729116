import { Schema } from "effect"

/** A CPU profile as `node --cpu-prof` writes it, as far as it is read here. */
export const CpuProfile = Schema.Struct({
  nodes: Schema.Array(Schema.Struct({
    id: Schema.Int,
    callFrame: Schema.Struct({ functionName: Schema.String, url: Schema.String, lineNumber: Schema.Int })
  })),
  /** The node of each sample. */
  samples: Schema.Array(Schema.Int),
  /** Microseconds before each sample. */
  timeDeltas: Schema.Array(Schema.Int)
})
export type CpuProfile = typeof CpuProfile.Type

/** Package of a script: an installed one, one of ours, or a part of Node. */
export const packageOf = (url: string): string => {
  if (url === "") return "(native)"
  if (url.startsWith("node:")) return "(node)"
  const [, installed] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? []
  const [, ours] = /\/packages\/([^/]+)\//.exec(url) ?? []
  return installed ?? (ours === undefined ? url.slice(url.lastIndexOf("/") + 1) : `ours: ${ours}`)
}

const waiting = "(idle)"

/** Adds the times of a profile up, by a name for each function; without the time in which nothing runs. */
const summed = (
  { nodes, samples, timeDeltas }: CpuProfile,
  nameOf: (frame: CpuProfile["nodes"][number]["callFrame"]) => string
) => {
  const frames = new Map(nodes.map(({ callFrame, id }) => [id, callFrame]))
  const sums = new Map<string, number>()
  for (const [index, id] of samples.entries()) {
    const frame = frames.get(id)
    if (frame === undefined || frame.functionName === waiting) continue
    const name = nameOf(frame)
    sums.set(name, (sums.get(name) ?? 0) + (timeDeltas[index] ?? 0))
  }
  return [...sums].toSorted(([, one], [, other]) => other - one)
}

const lines = (sums: ReadonlyArray<readonly [string, number]>, most: number): ReadonlyArray<string> => {
  const total = sums.reduce((sum, [, micros]) => sum + micros, 0)
  return sums.slice(0, most).map(([name, micros]) =>
    `${(micros / 1000).toFixed(0).padStart(8)} ms ${((100 * micros) / total).toFixed(1).padStart(5)} %  ${name}`
  )
}

/** The CPU time of a profile by package, then by function, the most first. */
export const report = (profile: CpuProfile, most: number): ReadonlyArray<string> => [
  "by package",
  ...lines(summed(profile, ({ url }) => packageOf(url)), most),
  "by function",
  ...lines(
    summed(
      profile,
      ({ functionName, lineNumber, url }) =>
        `${functionName === "" ? "(anonymous)" : functionName}  ${packageOf(url)}:${lineNumber + 1}`
    ),
    most
  )
]
