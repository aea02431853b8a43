package import Billing
package import Storage

extension InMemoryStore {
    package func latestJob(_ kind: Job.Kind) async throws(StoreError) -> Job? {
        try with("reading a job") { state in state.jobs.last { $0.kind == kind } }
    }

    package func job(id: String) async throws(StoreError) -> Job? {
        try with("reading a job") { state in state.jobs.first { $0.id == id } }
    }

    package func jobs(_ query: JobQuery) async throws(StoreError) -> [Job] {
        try with("listing jobs") { state in
            let end = query.startingAfter.map { id in
                state.jobs.firstIndex { $0.id == id } ?? 0
            }
            return Array(
                state.jobs[..<(end ?? state.jobs.endIndex)].reversed()
                    .filter { query.kinds.contains($0.kind) && query.states.contains($0.state) }
                    .prefix(query.limit)
            )
        }
    }

    package func summary() async throws(StoreError) -> [JobSummary] {
        try with("counting jobs") { state in
            Job.Kind.allCases.flatMap { kind in
                Job.State.allCases.compactMap { jobState in
                    let jobs = state.jobs.filter { $0.kind == kind && $0.state == jobState }
                    guard !jobs.isEmpty else { return nil }
                    return JobSummary(
                        kind,
                        jobState,
                        count: jobs.count,
                        dueAt: jobs.compactMap(\.dueAt).min(),
                        createdAt: jobs.filter { $0.dueAt != nil }.map(\.createdAt).min()
                    )
                }
            }
        }
    }

    /// Whether another backfill or reconciliation has a due time.
    private static func isInTheWay(of job: Job, _ state: State) -> Bool {
        guard [.backfill, .reconciliation].contains(job.kind), job.dueAt != nil else { return false }
        return state.jobs.contains { $0.id != job.id && $0.kind == job.kind && $0.dueAt != nil }
    }

    package func add(_ job: Job) async throws(StoreError) -> Bool {
        try with("adding a job") { state in
            guard !state.jobs.contains(where: { $0.id == job.id }), !Self.isInTheWay(of: job, state) else {
                return false
            }
            state.jobs.append(job)
            return true
        }
    }

    package func take(
        _ kind: Job.Kind,
        as holder: String,
        now: Instant,
        seconds: Int64,
        limit: Int
    ) async throws(StoreError) -> [Job] {
        try with("taking a job") { state in
            let due = state.jobs.indices
                .filter { state.jobs[$0].kind == kind && state.jobs[$0].dueAt.map { $0 <= now } ?? false }
                .filter { index in
                    let topic = state.jobs[index].topic
                    return topic.isEmpty
                        || !state.jobs[..<index].contains {
                            $0.kind == kind && $0.topic == topic && $0.dueAt != nil
                        }
                }
                .sorted { state.jobs[$0].dueAt?.unixSeconds ?? 0 < state.jobs[$1].dueAt?.unixSeconds ?? 0 }
                .prefix(limit)
            for index in due {
                state.jobs[index] = state.jobs[index].held(until: now.adding(seconds: seconds), now: now)
                state.jobs[index].state = .running
                state.jobs[index].holder = holder
                state.jobs[index].attempts += 1
                state.jobs[index].revision += 1
            }
            return due.map { state.jobs[$0] }
        }
    }

    package func replace(
        _ job: Job,
        adding added: [Job],
        withdrawing withdrawn: [String]
    ) async throws(StoreError) -> Job? {
        try with("keeping a job") { state in
            guard let index = state.jobs.firstIndex(where: { $0.id == job.id }),
                state.jobs[index].revision == job.revision, !Self.isInTheWay(of: job, state),
                withdrawn.allSatisfy({ id in
                    state.jobs.contains { $0.id == id && $0.attempts == 0 }
                })
            else { return nil }
            state.jobs[index] = job
            state.jobs[index].revision += 1
            let kept = state.jobs[index]
            state.jobs.removeAll { withdrawn.contains($0.id) }
            for other in added where !state.jobs.contains(where: { $0.id == other.id }) {
                state.jobs.append(other)
            }
            return kept
        }
    }

    package func remove(_ job: Job) async throws(StoreError) -> Bool {
        try with("removing a job") { state in
            let count = state.jobs.count
            state.jobs.removeAll { $0.id == job.id && $0.revision == job.revision }
            return state.jobs.count < count
        }
    }

    package func reschedule(
        _ kind: Job.Kind,
        dueAfter latest: Instant,
        now: Instant
    ) async throws(StoreError) {
        try with("rescheduling jobs") { state in
            for (index, job) in state.jobs.enumerated() where job.kind == kind {
                guard let due = job.dueAt, due > latest else { continue }
                state.jobs[index].dueAt = now
                state.jobs[index].revision += 1
            }
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
