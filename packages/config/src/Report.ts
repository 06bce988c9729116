import { nameOf, type Setting } from "./Setting.ts"

/** Collects what is wrong and what is odd, so that whoever reads it can correct all of it at once. */
export interface Report {
  /** One per setting, the first: what follows from a bad value is no second problem. */
  problem(setting: Setting<unknown>, text: string): void
  warn(setting: Setting<unknown>, text: string): void
  readonly problems: () => ReadonlyArray<string>
  readonly warnings: ReadonlyArray<string>
}

export const makeReport = (): Report => {
  const problems = new Map<string, string>()
  const warnings: Array<string> = []
  return {
    problem: (setting, text) => {
      const name = nameOf(setting)
      if (!problems.has(name)) problems.set(name, `${name}: ${text}`)
    },
    warn: (setting, text) => warnings.push(`${nameOf(setting)}: ${text}`),
    problems: () => [...problems.values()],
    warnings
  }
}
