package import Billing
package import Storage

extension InMemoryStore {
    package var isStoreExclusive: Bool { true }

    package func latestRun(_ kind: Job.Kind) async throws(StoreError) -> Job? {
        try with("reading a run") { state in state.runs.last { $0.kind == kind } }
    }

    package func run(id: String) async throws(StoreError) -> Job? {
        try with("reading a run") { state in state.runs.first { $0.id == id } }
    }

    package func begin(_ run: Job) async throws(StoreError) -> Bool {
        try with("beginning a run") { state in
            let isInTheWay = state.runs.contains { other in
                other.id == run.id
                    || run.state == .running && other.state == .running && other.kind == run.kind
            }
            if !isInTheWay { state.runs.append(run) }
            return !isInTheWay
        }
    }

    package func replace(_ run: Job) async throws(StoreError) -> Job? {
        try with("keeping a run") { state in
            let isInTheWay = state.runs.contains { other in
                other.id != run.id && other.kind == run.kind && other.state == .running
                    && run.state == .running
            }
            guard let index = state.runs.firstIndex(where: { $0.id == run.id }), !isInTheWay,
                state.runs[index].revision == run.revision
            else { return nil }
            state.runs[index] = run
            state.runs[index].revision += 1
            return state.runs[index]
        }
    }

    package func payments(
        of references: [ObjectReference],
        account: String?
    ) async throws(StoreError) -> [[ObjectRecord]] {
        try with("reading payments") { state in
            var seen: Set<ObjectReference> = []
            return references.compactMap { reference in
                if reference.kind == .customer {
                    return known(account: account, state)[reference].map { [$0] }
                }
                guard !seen.contains(reference) else { return nil }
                let records = component(around: [reference], account: account, state)
                seen.formUnion(records.map(\.reference))
                return records.isEmpty ? nil : records
            }
        }
    }
}
