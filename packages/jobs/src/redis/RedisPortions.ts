/*
 * An index of what has ended, as `portions.lua` keeps it: some entries in one text, so that one takes little room.
 */

/** Length of an entry in characters. */
const width = 18

/** Number of entries that a portion has after it was divided. */
export const half = 14

/** Entry without the place in the list of its day, which Redis adds. */
export const entryOf = (position: number, day: number): string => position.toString(36).padStart(9, "0") + dayText(day)

export const dayText = (day: number): string => day.toString(36).padStart(3, "0")

/** Place of an ended job's record. */
export interface EndedJobPlace {
  readonly position: number
  readonly day: number
  readonly place: number
}

/** Reads the entries of a portion. */
export const entriesOf = (portion: string): ReadonlyArray<EndedJobPlace> =>
  Array.from({ length: Math.floor(portion.length / width) }, (_, index) => {
    const at = index * width
    return {
      position: parseInt(portion.slice(at, at + 9), 36),
      day: parseInt(portion.slice(at + 9, at + 12), 36),
      place: parseInt(portion.slice(at + 12, at + width), 16)
    }
  }).filter(({ day, place, position }) => !Number.isNaN(day + place + position))
