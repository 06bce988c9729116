/** Floors: figures that a run has to reach. */
import { Option, Result } from "effect"
import type { Metrics } from "./Measured.ts"
import { type Figure, figures } from "./TextReport.ts"

/** A figure and the value that it must not be worse than: a largest one where less is better. */
export interface Floor {
  readonly figure: Figure
  readonly value: number
}

/** The figures that a floor may name: those of which one direction is better, and the number of findings. */
const named = new Map(
  figures.filter(({ moreIsBetter, name }) => moreIsBetter !== undefined || name === "findings")
    .map((figure) => [figure.name, figure])
)

const form = /^\s*([\w-]+)\s*=\s*(\d*\.?\d+)\s*$/

/** Reads floors as the command line gives them: `f1=0.6,findings=3.5`. */
export const parseFloors = (text: string): Result.Result<ReadonlyArray<Floor>, string> =>
  Result.all(
    text.split(",").map((part) => {
      const [, name = "", value = ""] = form.exec(part) ?? []
      const figure = named.get(name.toLowerCase())
      return figure === undefined
        ? Result.fail(
          `figures with their floors, like f1=0.6,findings=3.5; the figures are ${[...named.keys()].join(", ")}`
        )
        : Result.succeed({ figure, value: Number(value) })
    })
  )

/** Figures below their floor, or above their ceiling: a sentence each. One that is not known reaches none. */
export const missedFloors = (metrics: Metrics, floors: ReadonlyArray<Floor>): ReadonlyArray<string> =>
  floors.flatMap(({ figure, value }) => {
    const { label, moreIsBetter, of, shown } = figure
    const measured = Option.fromUndefinedOr(of(metrics))
    if (Option.isNone(measured)) return [`${label} is not known, and has to be ${shown(value)}`]
    const isFloor = moreIsBetter === true
    const reached = isFloor ? measured.value >= value : measured.value <= value
    return reached ? [] : [`${label} is ${shown(measured.value)}, ${isFloor ? "below" : "above"} ${shown(value)}`]
  })
