import { dayOf, daysOf, type EndedKeys, type ShardKeys } from "./RedisKeys.ts"

/** The keys that the lanes of a shard share: a script that writes lanes has them first. */
export const sharedKeys = (keys: ShardKeys, days: ReadonlyArray<number>): Array<string> => [
  keys.due,
  keys.tick,
  keys.changes,
  keys.waiting,
  keys.running,
  keys.parked,
  keys.events,
  keys.work,
  keys.signers,
  ...days.map((day) => keys.ended(day).records),
  keys.done,
  keys.superseded
]

/** Shard whose keys are named, and the days on which its jobs have ended. */
export interface KeyNamesOptions {
  readonly keys: ShardKeys
  readonly retentionMillis: number
  /** Days on which jobs have ended, as Redis has told last; undefined: not known yet. */
  readonly endedOn: ReadonlySet<number> | undefined
}

/** The names of a script's keys, and the places at which the script finds them. */
export class KeyNames {
  readonly names: Array<string>
  /** Number of days whose lists of ended jobs are among the keys. */
  readonly days: number
  /** Places among them, from 1, of the days on which something may have ended: the keys of these are searched. */
  readonly searched: ReadonlyArray<number>
  readonly done: number
  readonly superseded: number
  private readonly places = new Map<string, number>()
  private readonly searchedDays: ReadonlyArray<EndedKeys>

  constructor({ endedOn, keys, retentionMillis }: KeyNamesOptions, now: number) {
    const days = daysOf(now, retentionMillis)
    const today = dayOf(now)
    const searched = days.filter((day) => day === today || endedOn?.has(day) !== false)
    this.days = days.length
    this.searched = searched.map((day) => days.indexOf(day) + 1)
    this.searchedDays = searched.map(keys.ended)
    this.names = sharedKeys(keys, days)
    this.names.forEach((name, index) => this.places.set(name, index + 1))
    this.done = this.at(keys.done)
    this.superseded = this.at(keys.superseded)
  }

  /** Place of a key, which is added if it is not there. */
  at(name: string): number {
    const known = this.places.get(name)
    if (known !== undefined) return known
    const place = this.names.push(name)
    this.places.set(name, place)
    return place
  }

  /** Place of the first of the keys that are one on each of the searched days. `name` is theirs alone. */
  onDays(name: string, nameOf: (day: EndedKeys) => string): number {
    const known = this.places.get(name)
    if (known !== undefined) return known
    const first = this.names.length + 1
    for (const day of this.searchedDays) this.names.push(nameOf(day))
    this.places.set(name, first)
    return first
  }
}
