import type { Observations, ProviderCall } from './observations.ts';
import { type ChaosRequest, isRefusedByUsher } from './requests.ts';

/** What the requests that are about one user have cost. */
export interface Cost {
  readonly requests: readonly string[];
  /** Creates, and look-ups by key. */
  readonly calls: number;
  /** Of the requests that Usher does not refuse by itself. */
  readonly deliveries: number;
  /** More would be too many. */
  readonly mostCalls: number;
}

/** Searches for an e-mail at one provider that were answered; a call does not always tell for which. */
export interface Searches {
  readonly provider: string;
  readonly searches: number;
  readonly mostSearches: number;
}

/** Calls of the users' API; tokens are apart. */
export interface CallFigures {
  readonly users: number;
  readonly tokens: number;
  /** Of those that Usher does not refuse by itself; the most that one has cost which alone was about its user. */
  readonly perRequest: { readonly mean: number; readonly most: number };
  readonly perDelivery: { readonly mean: number };
}

type Costly = Observations & { readonly requests: readonly ChaosRequest[] };

/** What an outage may cost a delivery. */
const CALLS_A_DELIVERY = 4;

export function costsOf({ requests, calls, deliveries }: Costly): Cost[] {
  const callsByPerson = Map.groupBy(
    calls.filter((call) => !isSearch(call)),
    ({ person }) => person,
  );
  const deliveriesById = Map.groupBy(deliveries, ({ requestId }) => requestId);
  return [...Map.groupBy(requests, ({ person }) => person)].map(([person, asking]) => {
    const made = callsByPerson.get(person) ?? [];
    const delivered = asking
      .filter((request) => !isRefusedByUsher(request))
      .flatMap(({ id }) => deliveriesById.get(id) ?? []).length;
    return {
      requests: asking.map(({ id }) => id),
      calls: made.length,
      deliveries: delivered,
      mostCalls: CALLS_A_DELIVERY * delivered + made.filter(({ mayBeRepeated }) => mayBeRepeated).length,
    };
  });
}

/** Only a create that meets somebody, whom a look-up by key then does not show, leads to a search. */
export function searchesOf({ calls }: Pick<Observations, 'calls'>): Searches[] {
  return [...Map.groupBy(calls, ({ provider }) => provider)].map(([provider, made]) => {
    const firstPages = made.filter((call) => isSearch(call) && call.answer === 200 && !call.isLaterPage);
    const byPerson = [...Map.groupBy(made, ({ person }) => person).values()];
    const reasons = byPerson.map((about) => {
      const conflicts = about.filter(({ isClaimed }) => isClaimed);
      const misses = about.filter(({ showsNobody }) => showsNobody);
      return Math.min(conflicts.length, misses.length);
    });
    return {
      provider,
      searches: firstPages.length,
      mostSearches: reasons.reduce((sum, count) => sum + count, 0),
    };
  });
}

export function callFigures(remains: Costly): CallFigures {
  const { calls, requests } = remains;
  const tokens = calls.filter(({ operation }) => operation === 'token').length;
  const users = calls.length - tokens;
  const costs = costsOf(remains);
  const deliveries = costs.reduce((sum, cost) => sum + cost.deliveries, 0);
  const alone = costs.filter((cost) => cost.requests.length === 1);
  return {
    ...{ users, tokens },
    perRequest: {
      mean: users / Math.max(1, requests.filter((request) => !isRefusedByUsher(request)).length),
      most: Math.max(0, ...alone.map((cost) => cost.calls)),
    },
    perDelivery: { mean: users / Math.max(1, deliveries) },
  };
}

function isSearch({ operation }: ProviderCall): boolean {
  return operation === 'list';
}
