import { defaulted } from "./Setting.ts"
import { integer } from "./SettingType.ts"

const quota = (name: string, of: string) =>
  defaulted(0, {
    yaml: `quotas.${name}`,
    env: `QUOTAS_${name.toUpperCase()}`,
    kind: integer(0),
    doc: `How many reviews and answers ${of} one day (UTC); 0 means no limit.`
  })

/** Settings of how many reviews are done in a day. */
export const quotas = {
  authorPerDay: quota("author_per_day", "one account causes, by its pull requests or its mentions, in"),
  repositoryPerDay: quota("repository_per_day", "one repository has in"),
  perDay: quota("per_day", "there are in")
}
