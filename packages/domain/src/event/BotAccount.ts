/** True if two logins name one account. Forges compare them without regard to case. */
export const isSameLogin = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()

const suffix = "[bot]"

/** Login of an app: its name with `[bot]` after it. Some answers of GitHub leave that off. */
export const appLogin = (name: string): string => name.endsWith(suffix) ? name : name + suffix

/**
 * Makes the test if a login is our bot's, from the names that we know it by. An app writes as its name with `[bot]`
 * after it. The bare name of an app that is configured as `name[bot]` is a person's.
 */
export const isBotAccount = (names: ReadonlyArray<string>): (login: string) => boolean => {
  const logins = new Set(names.filter((name) => name !== "").flatMap((name) => [name, appLogin(name)]).map(lowerCase))
  return (login) => logins.has(lowerCase(login))
}

const lowerCase = (text: string): string => text.toLowerCase()
