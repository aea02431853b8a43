package import Billing

/// The tags of a subject's deployments.
extension UsageLedger {
    /// The tags of the deployments that have a lease on days on which their address is the subject's, by owner and dseq.
    ///
    /// A deployment without any known lease belongs to the subject that has the address now. So a later customer of an
    /// address does not see how the former one named deployments that are closed.
    package func tags(_ subject: UsageSubject, today: CalendarDate) async throws -> [DeploymentTags] {
        let dates = min(today, CalendarDate(dayNumber: 0))...today
        let spans = try await spans(subject, dates)
        let all = try await tags(of: Array(Set(spans.map(\.address))))
        guard !all.isEmpty else { return [] }
        let calendar = try await calendar(dates)
        var seen: Set<DeploymentTags.Deployment> = []
        for (address, own) in Dictionary(grouping: all, by: \.deployment.owner) {
            let theirs = spans.filter { $0.address == address }.map(\.dates)
            if theirs.contains(dates) {
                seen.formUnion(own.map(\.deployment))
                continue
            }
            let leases = try await leases(of: address, in: 0..<Int64.max)
            let leased = Set(leases.map(\.record.identity.dseq))
            var visible: Set<Int64> = []
            for dates in theirs {
                let heights = calendar.heights(dates, today: today)
                visible.formUnion(
                    leases.filter { $0.isUsed(in: heights, on: dates) }.map(\.record.identity.dseq)
                )
            }
            if theirs.contains(where: { $0.contains(today) }) {
                visible.formUnion(own.map(\.deployment.dseq).filter { !leased.contains($0) })
            }
            seen.formUnion(own.map(\.deployment).filter { visible.contains($0.dseq) })
        }
        return all.filter { seen.contains($0.deployment) }
    }

    /// The values by which an owner's leases are grouped, by dseq; none unless they are grouped by a tag.
    func tagValues(
        of owner: String,
        by grouping: UsageGrouping
    ) async throws(StoreError) -> [Int64: String] {
        guard let key = grouping.tagKey else { return [:] }
        return DeploymentTags.values(of: key, in: try await tags(of: [owner]))
    }
}

extension LeaseState {
    /// Whether the lease has a block in a range, or a settled day on some dates.
    fileprivate func isUsed(in heights: Range<Int64>, on dates: ClosedRange<CalendarDate>) -> Bool {
        record.life.overlaps(heights) || kept.contains { dates.contains($0.key) && $0.value != nil }
    }
}

extension [CalendarDay] {
    /// The heights of some dates; blocks that are not indexed yet are counted among those of today.
    fileprivate func heights(_ dates: ClosedRange<CalendarDate>, today: CalendarDate) -> Range<Int64> {
        let days = filter { dates.contains($0.date) }
        let isCurrent = dates.upperBound >= today
        guard let first = days.first, let end = days.last?.heights.upperBound else {
            return isCurrent ? (last?.heights.upperBound ?? 0)..<Int64.max : 0..<0
        }
        let hasNoBeginning = dates.lowerBound <= CalendarDate(dayNumber: 0)
        return (hasNoBeginning ? 0 : first.firstHeight)..<(isCurrent ? Int64.max : end)
    }
}
