/**
 * Numbers of a shard's announcements that were heard. They show if a server knows of every lane: those that it has read,
 * and all that were announced since.
 */
export interface RedisAnnouncements {
  /** Number of the last announcement that was heard with all before it; undefined if all lanes have to be read. */
  last(): number | undefined
  /** Notes the announcements after `from` up to `to`. */
  hear(from: number, to: number): void
  /** Notes that all lanes were read, with what the first `count` told. `isSetBack`: those heard so far were of other numbers. */
  read(count: number, isSetBack: boolean): void
  /** Notes that some were missed. */
  missed(): void
}

export const make = (): RedisAnnouncements => {
  let covered: number | undefined
  // The last ones that were heard one after another, even before Redis has told how many there are.
  let [from, to] = [0, 0]

  const missed = (): void => {
    covered = undefined
    from = 0
    to = 0
  }

  return {
    last: () => covered === undefined || from > covered ? undefined : Math.max(covered, to),
    hear: (before, last) => {
      // A replica that has become the primary counts on from the last one that it had, and may lack changes of others.
      if (before < to) covered = undefined
      if (before !== to) from = before
      to = last
    },
    read: (count, isSetBack) => {
      if (isSetBack) missed()
      covered = count
    },
    missed
  }
}
