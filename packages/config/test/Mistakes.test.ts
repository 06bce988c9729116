import { absent, mistakes } from "./Mistakes.ts"

mistakes("types and ranges", {
  "a port out of range": {
    env: { WEBHOOK_PORT: "70000" },
    problem: "webhook.port (WEBHOOK_PORT): \"70000\" in the environment is not a whole number from 0 to 65535"
  },
  "a negative port": {
    yaml: "webhook: { port: -1 }",
    problem: "webhook.port (WEBHOOK_PORT): -1 in FILE is not a whole number from 0 to 65535"
  },
  "a port with a unit": {
    env: { WEBHOOK_PORT: "8080/tcp" },
    problem: "webhook.port (WEBHOOK_PORT): \"8080/tcp\" in the environment is not a whole number from 0 to 65535"
  },
  "a host with a port": {
    yaml: "webhook: { host: \"http://localhost\" }",
    problem: "webhook.host (WEBHOOK_HOST): \"http://localhost\" in FILE is not a host name or an IP address"
  },
  "a word where a number belongs": {
    yaml: "jobs: { max_attempts: many }",
    problem: "jobs.max_attempts (JOBS_MAX_ATTEMPTS): \"many\" in FILE is not a whole number from 1 to 100"
  },
  "no reviews at a time": {
    env: { JOBS_MAX_CONCURRENT: "0" },
    problem: "jobs.max_concurrent (JOBS_MAX_CONCURRENT): \"0\" in the environment is not a whole number from 1 to 10000"
  },
  "half an attempt": {
    yaml: "jobs: { max_attempts: 1.5 }",
    problem: "jobs.max_attempts (JOBS_MAX_ATTEMPTS): 1.5 in FILE is not a whole number from 1 to 100"
  },
  "no time for a run": {
    env: { JOBS_DEADLINE_SECONDS: "0" },
    problem:
      "jobs.deadline_seconds (JOBS_DEADLINE_SECONDS): \"0\" in the environment is not a whole number from 1 to 86400"
  },
  "a time span without a unit": {
    env: { JOBS_GIVE_UP_AFTER: "24" },
    problem:
      "jobs.give_up_after (JOBS_GIVE_UP_AFTER): \"24\" in the environment is not a time span like 90s, 15m, 24h or 7d"
  },
  "a time span in another notation": {
    yaml: "jobs: { give_up_after: \"1 day\" }",
    problem: "jobs.give_up_after (JOBS_GIVE_UP_AFTER): \"1 day\" in FILE is not a time span like 90s, 15m, 24h or 7d"
  },
  "an amount with a currency": {
    env: { AGENT_MAX_COST_USD: "$2" },
    problem:
      "agent.max_cost_usd (AGENT_MAX_COST_USD): \"$2\" in the environment is not a number of at least 0, like 2.50"
  },
  "a negative amount": {
    yaml: "agent: { max_cost_usd: -1 }",
    problem: "agent.max_cost_usd (AGENT_MAX_COST_USD): -1 in FILE is not a number of at least 0, like 2.50"
  },
  "an amount with a decimal comma": {
    env: { AGENT_MAX_COST_USD: "2,50" },
    problem:
      "agent.max_cost_usd (AGENT_MAX_COST_USD): \"2,50\" in the environment is not a number of at least 0, like 2.50"
  },
  "neither true nor false": {
    env: { INLINE_SUGGESTIONS: "maybe" },
    problem:
      "reviewer.inline_suggestions (INLINE_SUGGESTIONS): \"maybe\" in the environment is not true or false (yes, no, 1 and 0 do too)"
  },
  "a misspelled false": {
    yaml: "dry_run: \"flase\"",
    problem: "dry_run (DRY_RUN_REVIEW): \"flase\" in FILE is not true or false (yes, no, 1 and 0 do too)"
  },
  "text where a list belongs": {
    env: { ALLOWED_USERS: absent },
    yaml: "access: { allowed_users: alice }",
    problem:
      "access.allowed_users (ALLOWED_USERS): \"alice\" in FILE is not a list of account names without @: [one, two] in YAML, one,two in the environment"
  },
  "a number in a list of texts": {
    env: { ALLOWED_USERS: absent },
    yaml: "access: { allowed_users: [alice, 7] }",
    problem:
      "access.allowed_users (ALLOWED_USERS): [\"alice\", 7] in FILE is not a list of account names without @: [one, two] in YAML, one,two in the environment"
  },
  "a number where a text belongs": {
    yaml: "github: { app_id: 12345 }",
    problem: "github.app_id (GITHUB_APP_ID): 12345 in FILE is not one line of text: put it in quotes"
  },
  "a map where a text belongs": {
    yaml: "data_dir: { path: /data }",
    problem: "data_dir (NOMINAL_DATA_DIR): a map in FILE is not a path: write the home directory out, ~ is not expanded"
  },
  "two lines where one belongs": {
    env: { REVIEWER_BOT_USERNAME: "nominal\nbot" },
    problem:
      "reviewer.bot_username (REVIEWER_BOT_USERNAME): \"nominal\\nbot\" in the environment is not an account's name without @ (a number needs quotes)"
  },
  "a home directory as ~": {
    env: { NOMINAL_DATA_DIR: "~/data" },
    problem:
      "data_dir (NOMINAL_DATA_DIR): \"~/data\" in the environment is not a path: write the home directory out, ~ is not expanded"
  },
  "an unknown storage": {
    env: { NOMINAL_STORAGE: "redis" },
    problem: "storage (NOMINAL_STORAGE): \"redis\" in the environment is not one of sqlite, memory"
  },
  "an unknown effect of a push": {
    yaml: "reviewer: { on_push: restart }",
    problem: "reviewer.on_push (REVIEWER_ON_PUSH): \"restart\" in FILE is not one of finish, supersede"
  },
  "a disk limit with a unit": {
    env: { WORKSPACE_MAX_BYTES: "10GiB" },
    problem:
      "workspace.max_bytes (WORKSPACE_MAX_BYTES): \"10GiB\" in the environment is not a whole number of at least 1"
  }
})

mistakes("the file's keys and form", {
  "a misspelled key": {
    yaml: "agent: { reviwer: { model: x } }",
    problem: "unknown key \"agent.reviwer.model\" in FILE: did you mean \"agent.reviewer.model\"?"
  },
  "a key in the wrong section": {
    yaml: "webhook: { triggers: [pr_opened] }",
    problem: "unknown key \"webhook.triggers\" in FILE: did you mean \"reviewer.triggers\"?"
  },
  "a variable's name as a key": {
    yaml: "GITHUB_TOKEN: abc",
    problem: "unknown key \"GITHUB_TOKEN\" in FILE: did you mean \"github.token\"?"
  },
  "dots instead of maps": {
    yaml: "webhook.port: 8080",
    problem: "unknown key \"webhook.port\" in FILE: write a map inside a map instead of dots"
  },
  "a section that is empty": {
    yaml: "redis:",
    problem:
      "\"redis\" in FILE is empty: remove the line, or set redis.url, redis.sentinel_password, redis.wait_replicas, redis.shards, redis.key_ttl_seconds"
  },
  "a value where a section belongs": {
    yaml: "redis: redis://localhost",
    problem:
      "\"redis\" in FILE must be a map of redis.url, redis.sentinel_password, redis.wait_replicas, redis.shards, redis.key_ttl_seconds"
  },
  "a key that nothing resembles": {
    yaml: "frobnicate: 1",
    problem: "unknown key \"frobnicate\" in FILE: the keys of the top level are github, gitlab, webhook, metrics, " +
      "tracing, reviewer, dry_run, ignore_existing_comments, access, quotas, filters, agent, limits, prompts, data_dir, " +
      "storage, retention, workspace, jobs, reconcile, redis, kubernetes"
  },
  "a list at the top": { yaml: "- webhook", problem: "FILE must be a map of settings, like \"webhook: {port: 8080}\"" },
  "a text at the top": { yaml: "webhook", problem: "FILE must be a map of settings, like \"webhook: {port: 8080}\"" },
  "a key that stands twice": {
    yaml: "dry_run: true\ndry_run: false\n",
    problem: "FILE cannot be read as YAML: line 2, column 1: this key stands in the file twice"
  },
  "a tab as indentation": {
    yaml: "webhook:\n\tport: 8080\n",
    problem: "FILE cannot be read as YAML: line 2, column 1: a tab indents the line: use spaces"
  },
  "a value with a colon and a space": {
    yaml: "reviewer:\n  bot_username: nominal: bot\n",
    problem: "FILE cannot be read as YAML: line 2, column 17: a value with \": \" in it needs quotes"
  },
  "a key that is indented further than the one above": {
    yaml: "webhook:\n host: localhost\n  port: 8080\n",
    problem: "FILE cannot be read as YAML: line 2, column 8: the line below is indented further than this one"
  },
  "a key at the top that is indented further than the one above": {
    yaml: "dry_run: true\n data_dir: a\n",
    problem: "FILE cannot be read as YAML: line 1, column 10: the line below is indented further than this one"
  },
  "an indentation that fits nothing": {
    yaml: "webhook:\n  port: 8080\n host: localhost\n",
    problem: "FILE cannot be read as YAML: line 3, column 1: the indentation does not fit the lines above"
  },
  "a quote that is never closed": {
    yaml: "webhook: { host: \"localhost }\n",
    problem: "FILE cannot be read as YAML: line 1, column 18: this \" is never closed"
  },
  "a single quote that is never closed": {
    yaml: "dry_run: true\nreviewer:\n  bot_username: 'bot\n",
    problem: "FILE cannot be read as YAML: line 3, column 17: this ' is never closed"
  },
  "a list that is never closed": {
    yaml: "reviewer: [",
    problem: "FILE cannot be read as YAML: line 1, column 11: this [ is never closed"
  },
  "a list within a map that is never closed, before another key": {
    yaml: "access:\n  allowed_repos: [[a], b\n  other: c\n",
    problem: "FILE cannot be read as YAML: line 2, column 18: this [ is never closed"
  },
  "a map that is never closed": {
    yaml: "webhook: { port: 8080\ndry_run: true\n",
    problem: "FILE cannot be read as YAML: line 1, column 10: this { is never closed"
  },
  "a list that is closed and was never opened": {
    yaml: "access:\n  allowed_repos: a]\nreviewer: ]\n",
    problem: "FILE cannot be read as YAML: line 3, column 11: this ] closes nothing"
  },
  "a key without its colon": {
    yaml: "dry_run: true\nwebhook\njobs: {}\n",
    problem: "FILE cannot be read as YAML: line 2, column 1: a \":\" is missing behind this key"
  },
  "a value that begins with a character of YAML's own": {
    yaml: "reviewer:\n  bot_username: @bot\n",
    problem: "FILE cannot be read as YAML: line 2, column 17: a value that begins with ` or @ needs quotes"
  },
  "a backslash in double quotes": {
    yaml: "data_dir: \"C:\\data\"\n",
    problem:
      "FILE cannot be read as YAML: line 1, column 14: a backslash in double quotes needs another one before it, or single quotes around the value"
  },
  "two documents": {
    yaml: "dry_run: true\n---\ndry_run: false\n",
    problem: "FILE cannot be read as YAML: line 2, column 1: a second document starts here: one file holds one"
  },
  "more behind the end of the document": {
    yaml: "dry_run: true\n...\nwebhook: {}\n",
    problem: "FILE cannot be read as YAML: line 3, column 1: a second document starts here: one file holds one"
  },
  "an alias without an anchor": {
    yaml: "webhook: *nowhere",
    problem: "FILE cannot be read as YAML: an alias (*name) has no anchor, or there are too many of them"
  }
})

mistakes("directories and files", {
  "the kernel's files as data directory": {
    env: { NOMINAL_DATA_DIR: "/proc/x" },
    problem:
      "data_dir (NOMINAL_DATA_DIR): \"/proc/x\" is in a file system of the kernel, which keeps no files: name another directory"
  },
  "the kernel's files for checkouts": {
    yaml: "workspace: { base_dir: /sys/nominal }",
    problem:
      "workspace.base_dir (WORKSPACE_BASE_DIR): \"/sys/nominal\" is in a file system of the kernel, which keeps no files: name another directory"
  },
  "no home and no data directory": {
    env: { HOME: absent },
    problem:
      "data_dir (NOMINAL_DATA_DIR): there is no place for the data (HOME is not set): set NOMINAL_DATA_DIR to a directory"
  },
  "a prompt file that does not exist": {
    env: { REVIEWER_SYSTEM_PROMPT_FILE: "/nowhere/prompt.md" },
    problem:
      "agent.reviewer.system_prompt_file (REVIEWER_SYSTEM_PROMPT_FILE): the file \"/nowhere/prompt.md\" does not exist: correct the path, or remove the setting"
  },
  "a directory as prompt file": {
    env: { CODING_GUIDELINES_FILE: "/" },
    problem: "prompts.coding_guidelines_file (CODING_GUIDELINES_FILE): the file \"/\" is a directory: name a file in it"
  },
  "a configuration file that does not exist": {
    env: { CONFIG_PATH: "/nowhere/nominal.yaml" },
    problem:
      "the configuration file /nowhere/nominal.yaml, which CONFIG_PATH names, does not exist: correct the path, or unset CONFIG_PATH"
  },
  "a configuration file below a file": {
    env: { CONFIG_PATH: "/etc/passwd/nominal.yaml" },
    problem:
      "the configuration file /etc/passwd/nominal.yaml, which CONFIG_PATH names, does not exist: correct the path, or unset CONFIG_PATH"
  },
  "a directory as configuration file": {
    env: { CONFIG_PATH: "/etc" },
    problem: "the configuration file /etc, which CONFIG_PATH names, is a directory: name a file in it"
  },
  "a device as configuration file": {
    env: { CONFIG_PATH: "/dev/zero" },
    problem: "the configuration file /dev/zero, which CONFIG_PATH names, is a device, a pipe or a socket: name a file"
  },
  "guidelines in a directory that does not exist": {
    env: { LANGUAGE_GUIDELINES_DIR: "/nowhere/guidelines" },
    problem:
      "prompts.language_guidelines_dir (LANGUAGE_GUIDELINES_DIR): the directory \"/nowhere/guidelines\" does not exist: correct the path, or remove the setting"
  }
})
