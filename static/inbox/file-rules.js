// What becomes of a file on this line: said before it is sent, and what the line does not take is not chosen.
// The rules are the server's (origins/file_rules.py); the server looks at the content, which is not known here.
const rulesOf = (form) => JSON.parse(document.getElementById(`files-${form.dataset.composer}`)?.textContent || "{}")

// {says} what it becomes, {refused} why not, {} where it leaves as what it is
// rules have `over`: what is said of one that weighs more
export function findRule(form, file) {
  const rules = rulesOf(form)
  const ending = /\.[^.]+$/.exec(file.name)?.[0].toLowerCase()
  const rule = rules[ending] ?? rules[file.type.split(";")[0]] ?? {}
  return rule.over && file.size > rule.over.bytes ? rule.over : rule
}
