import type { TariffWords } from "../api/schema.gen";

/** A tariff in words: settings, then rules with their prices. */
export function WordList({ words }: { words: TariffWords }) {
  return (
    <div className="grid gap-3">
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1">
        {words.settings.map(({ name, value }) => (
          <div key={name} className="contents">
            <dt className="text-soft">{name}</dt>
            <dd className="wrap-anywhere">{value}</dd>
          </div>
        ))}
      </dl>
      <ol className="grid list-decimal gap-2 pl-5">
        {words.rules.map(({ name, applies, prices }) => (
          <li key={`${name} ${applies}`}>
            <span className="font-medium wrap-anywhere">{name}</span> <span className="text-soft">{applies}</span>
            <ul>
              {prices.map((price) => (
                <li key={price}>{price}</li>
              ))}
            </ul>
          </li>
        ))}
      </ol>
    </div>
  );
}
