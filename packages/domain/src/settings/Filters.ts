import { defaulted } from "./Setting.ts"
import { integer, list } from "./SettingType.ts"

const filter = (name: string, of: string, doc: string) =>
  defaulted([], { yaml: `filters.${name}`, env: `FILTERS_${name.toUpperCase()}`, travels: "job", kind: list(of), doc })

const limit = (name: string, doc: string) =>
  defaulted(0, { yaml: `filters.${name}`, env: `FILTERS_${name.toUpperCase()}`, travels: "job", kind: integer(0), doc })

/** Settings of what is reviewed by itself. */
export const filters = {
  authors: filter(
    "authors",
    "account names",
    "Authors of the pull requests; `*` stands for any characters: `!*[bot]`."
  ),
  baseBranches: filter(
    "base_branches",
    "patterns",
    "Branches that are merged into, as in a `.gitignore`: `release/*`."
  ),
  headBranches: filter("head_branches", "patterns", "Branches that are merged."),
  labels: filter("labels", "names of labels", "Labels; `*` stands for any characters."),
  titles: filter("titles", "parts of titles", "Parts of the title, in any case: `!wip`."),
  paths: filter(
    "paths",
    "patterns",
    "Changed files, as in a `.gitignore`: a pull request is reviewed if one of its files passes. `reviewer.ignore_patterns` leaves single files out."
  ),
  maxFiles: limit("max_files", "The most files that a pull request may change; 0 means no limit."),
  maxLines: limit("max_lines", "The most lines that a pull request may add and delete; 0 means no limit.")
}
