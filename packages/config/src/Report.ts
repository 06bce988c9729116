import { nameOf, type Setting } from "@nominal-code/domain/settings/Setting"

/** Collector of problems and warnings, so that a user can correct all of them at once. */
export interface Report {
  /** Adds a problem. Only the first one of a setting is kept: others mostly follow from it. */
  problem(setting: Setting<unknown>, text: string): void
  warn(setting: Setting<unknown>, text: string): void
  readonly problems: () => ReadonlyArray<string>
  readonly warnings: ReadonlyArray<string>
}

/** A sentence about a setting under its name. One that begins with its variable does not need it twice. */
const named = (setting: Setting<unknown>, text: string): string => {
  const { env: [variable], yaml: [path] } = setting
  if (!text.startsWith(`${variable} `)) return `${nameOf(setting)}: ${text}`
  return path === undefined ? text : `${path}: ${text}`
}

export const makeReport = (): Report => {
  const problems = new Map<string, string>()
  const warnings: Array<string> = []
  return {
    problem: (setting, text) => {
      const name = nameOf(setting)
      if (!problems.has(name)) problems.set(name, named(setting, text))
    },
    warn: (setting, text) => warnings.push(named(setting, text)),
    problems: () => [...problems.values()],
    warnings
  }
}
