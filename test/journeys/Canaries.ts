import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

/** Secrets by their names. None of them may be found anywhere but where it is used. */
type Canaries = Readonly<Record<string, string>>

/** The secrets of a journey. */
export interface Secrets extends Canaries {
  readonly token: string
  readonly webhookSecret: string
  readonly apiKey: string
}

// Git's header holds `x-access-token:` before the token. Those are fifteen characters, so the token's base64 is the same.
const base64 = (text: string) => Buffer.from(text).toString("base64").replace(/=+$/, "")

/** Characters that nobody sees, and that split a word for a machine alone. */
const splitters = ["\u200b", "\u200c", "\u200d", "\u2060", "\ufe0f", "\u{e0101}", "\u{e0041}"]

/** Thirteen spellings that give a secret away: plain, turned round, encoded, and split by what nobody sees. */
export const formsOf = (secret: string): ReadonlyArray<string> => [
  secret,
  [...secret].toReversed().join(""),
  Buffer.from(secret).toString("hex"),
  Buffer.from(secret).toString("hex").toUpperCase(),
  base64(secret),
  Buffer.from(secret).toString("base64url"),
  ...splitters.map((splitter) => [...secret].join(splitter))
]

/** Every secret that a text gives away, as a sentence that does not. */
export const leaksIn = (secrets: Canaries, where: string, text: string | Buffer): ReadonlyArray<string> =>
  Object.entries(secrets).flatMap(([name, secret]) =>
    formsOf(secret).some((form) => text.includes(form)) ? [`${name} is in ${where}`] : []
  )

// A running service writes and removes files while they are looked at.
const contentOf = (file: string): Buffer => {
  try {
    return readFileSync(file)
  } catch {
    return Buffer.alloc(0)
  }
}

/** Every secret that is in the name or in the content of a file below a directory. */
export const leaksUnder = (secrets: Canaries, directory: string): ReadonlyArray<string> =>
  readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).flatMap(
    (entry) => {
      const file = join(entry.parentPath, entry.name)
      return leaksIn(secrets, file, Buffer.concat([Buffer.from(file), contentOf(file)]))
    }
  )
