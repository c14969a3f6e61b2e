// @vitest-environment happy-dom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Login, Problem } from "../api/schema.gen";
import { me } from "../api/session";
import { CatalogueProvider } from "../i18n/CatalogueProvider";
import { en } from "../i18n/en";
import { LoginScreen } from "./LoginScreen";

const USER = { id: "u1", name: "ann", tenant: "t2", role: "guard", sites: [] };
const NORTH = { id: "t1", name: "North car parks" };
const SOUTH = { id: "t2", name: "South car parks" };

function problem(status: number, rest: Partial<Problem>): Response {
  return Response.json({ status, message: "no", ...rest }, { status, headers: { "content-type": "application/problem+json" } });
}

/** In the server's place: the password is right in two companies. */
function answer({ tenant }: Login): Response {
  if (!tenant) return problem(409, { code: "TENANT-NEEDED", message: "several companies know this name", choices: [NORTH, SOUTH] });
  return Response.json({ token: "", expires_at: "", user: USER });
}

describe("the log-in", () => {
  const sent: Login[] = [];
  const queries = new QueryClient();

  beforeEach(() => {
    vi.stubGlobal("fetch", async (request: Request) => {
      const login = (await request.json()) as Login;
      sent.push(login);
      return answer(login);
    });
    render(
      <CatalogueProvider first={{ language: "en", messages: en, reasons: {} }}>
        <QueryClientProvider client={queries}>
          <LoginScreen />
        </QueryClientProvider>
      </CatalogueProvider>,
    );
  });
  afterEach(() => vi.unstubAllGlobals());

  it("asks which company is meant where several know the name, without typing anything again", async () => {
    const user = userEvent.setup();
    await user.type(screen.getByLabelText(en.login.name), "ann");
    await user.type(screen.getByLabelText(en.login.password), "correct horse{Enter}");
    expect(await screen.findByText("several companies know this name")).toBeTruthy();
    expect(screen.getByRole("button", { name: NORTH.name })).toBeTruthy();
    await user.click(screen.getByRole("button", { name: SOUTH.name }));
    await vi.waitFor(() => expect(queries.getQueryData(me.queryKey)).toEqual(USER));
    expect(sent).toEqual([
      { name: "ann", password: "correct horse" },
      { name: "ann", password: "correct horse", tenant: SOUTH.id },
    ]);
  });
});
