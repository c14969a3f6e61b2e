import type { TariffDifference } from "../api/schema.gen";

/** What is another, a sentence each. */
export function DifferenceList({ differences }: { differences: readonly TariffDifference[] }) {
  return (
    <ul className="list-disc pl-5">
      {differences.map(({ text }) => (
        <li key={text} className="wrap-anywhere">
          {text}
        </li>
      ))}
    </ul>
  );
}
