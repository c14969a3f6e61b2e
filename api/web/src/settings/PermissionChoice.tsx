import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { CheckField } from "../ui/CheckField";

interface Props {
  /** What may be chosen: what its maker holds without giving the password again. */
  held: readonly string[];
  chosen: readonly string[];
  choose: (permissions: readonly string[]) => void;
}

/** What a key is good for, permission by permission, in plain words. */
export function PermissionChoice({ held, chosen, choose }: Props) {
  const { settings, permissions: words } = useMessages();
  const texts = settings.keys;
  const set = (permission: string, isOn: boolean) =>
    choose(isOn ? [...chosen, permission] : chosen.filter((one) => one !== permission));
  const reads = held.filter((permission) => permission.endsWith(":read"));
  return (
    <fieldset className="grid gap-1">
      <legend className="mb-1 font-medium">{texts.permissions}</legend>
      <div className="flex flex-wrap gap-2">
        <Button onClick={() => choose(reads)}>{texts.onlyRead}</Button>
        <Button onClick={() => choose([])} disabled={chosen.length === 0}>
          {texts.nothing}
        </Button>
      </div>
      <div className="max-h-72 overflow-y-auto rounded-control border border-line p-1">
        {held.map((permission) => (
          <CheckField
            key={permission}
            isChecked={chosen.includes(permission)}
            change={(isOn) => set(permission, isOn)}
            hint={<code className="font-plate">{permission}</code>}
          >
            {words[permission] ?? permission}
          </CheckField>
        ))}
      </div>
    </fieldset>
  );
}
