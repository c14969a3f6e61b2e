import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { answered, client, newKey } from "./client";
import type { LostTicket, NewTicket, OneTicket, PageTicket, ShownTicket, TicketExit } from "./schema.gen";

export const TICKET_FILTERS = ["active", "over", "all"] as const;
export type TicketFilter = (typeof TICKET_FILTERS)[number];
export const TICKET_FORMATS = ["58mm", "80mm", "a6"] as const;
export type TicketFormat = (typeof TICKET_FORMATS)[number];

export const ticketsKey = ["tickets"] as const;

export interface TicketSearch {
  site: string;
  q: string;
  state: TicketFilter;
}

const PAGE = 50;

export function tickets({ site, q, state }: TicketSearch) {
  return infiniteQueryOptions({
    queryKey: [...ticketsKey, site, q, state],
    queryFn: ({ pageParam, signal }): Promise<PageTicket> => {
      const query = { site, state, limit: PAGE, ...(q ? { q } : {}), ...(pageParam ? { cursor: pageParam } : {}) };
      return answered(client.GET("/api/v1/tickets", { params: { query }, signal }), signal);
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor ?? null,
    retry: false,
  });
}

export function ticket(number: string) {
  return queryOptions({
    queryKey: [...ticketsKey, "one", number],
    queryFn: ({ signal }): Promise<OneTicket> =>
      answered(client.GET("/api/v1/tickets/{number}", { params: { path: { number } }, signal }), signal),
    refetchInterval: 20_000,
  });
}

export async function issueTicket(body: NewTicket): Promise<OneTicket> {
  return answered(client.POST("/api/v1/tickets", { params: { header: newKey() }, body }));
}

export async function exitByTicket(number: string, body: ShownTicket): Promise<TicketExit> {
  const params = { path: { number }, header: newKey() };
  return answered(client.POST("/api/v1/tickets/{number}/exit", { params, body }));
}

export async function loseTicket(body: LostTicket): Promise<TicketExit> {
  return answered(client.POST("/api/v1/tickets/lost", { params: { header: newKey() }, body }));
}

export function ticketAddress(number: string, format: TicketFormat): string {
  return `/api/v1/tickets/${number}/pdf?format=${format}`;
}
