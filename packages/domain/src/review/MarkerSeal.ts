import { Context, Redacted } from "effect"
import { createHmac, timingSafeEqual } from "node:crypto"
import type { PullRequestRef } from "../event/PullRequest.ts"
import { type Marker, renderMarker, splitMarkers, withoutMarkers } from "./Marker.ts"

/**
 * The installation's keys for its markers: posts are sealed with the first one, and a seal under any of them counts. By
 * default there is none: then posts have no seal, and every seal counts.
 */
export const MarkerKeys = Context.Reference<ReadonlyArray<Redacted.Redacted>>("@nominal-code/domain/MarkerKeys", {
  defaultValue: () => []
})

type Pull = Pick<PullRequestRef, "platform" | "number">

/** Writes and checks the ends of our posts: the markers, and before them a message authentication code over them all. */
export interface MarkerSeal {
  /** The end of a post. */
  tail(pull: Pull, markers: ReadonlyArray<Marker>): string
  /**
   * A post of our own account as the rest of the program may read it: with the markers that we have put at its end, and
   * no other ones. The end of a post without a seal counts too, because earlier versions wrote none.
   */
  open(pull: Pull, posted: string): string
}

const seal = /<!-- nominal-code-seal ([0-9a-f]{32}) -->/g

const rendered = (markers: ReadonlyArray<Marker>): string => markers.map(renderMarker).join("\n")

/** 128 bits of an HMAC-SHA256. The repository's name is no part of it: a repository may be renamed. */
const codeOf = (key: Redacted.Redacted, { number, platform }: Pull, markers: ReadonlyArray<Marker>): string =>
  createHmac("sha256", Redacted.value(key)).update(`nominal-code marker\0${platform}\0${number}\0${rendered(markers)}`)
    .digest("hex").slice(0, 32)

const isSame = (one: string, other: string): boolean => timingSafeEqual(Buffer.from(one), Buffer.from(other))

/** The text before the markers without its last seal, and that seal's code. */
const splitSeal = (text: string): { readonly text: string; readonly code?: string } => {
  const last = Array.from(text.matchAll(seal)).at(-1)
  if (last === undefined || text.slice(last.index + last[0].length).trim() !== "") return { text }
  return { text: text.slice(0, last.index), code: last[1] ?? "" }
}

/** Somebody else's post as the rest of the program may read it: without any marker. */
export const unmarked = (posted: string): string => withoutMarkers(posted.replaceAll(seal, ""))

export const makeMarkerSeal = (keys: ReadonlyArray<Redacted.Redacted>): MarkerSeal => ({
  tail: (pull, markers) => {
    const [key] = keys
    return key === undefined
      ? rendered(markers)
      : `<!-- nominal-code-seal ${codeOf(key, pull, markers)} -->\n${rendered(markers)}`
  },
  open: (pull, posted) => {
    const { markers, text: before } = splitMarkers(posted)
    const { code, text } = splitSeal(before)
    const counts = code === undefined || keys.length === 0 ||
      keys.some((key) => isSame(codeOf(key, pull, markers), code))
    return `${unmarked(text)}${counts ? rendered(markers) : ""}`
  }
})
