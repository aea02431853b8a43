import Foundation
import Synchronization
import Testing

/// `SEEDS=n` runs that many seeds instead of 1,000; `SEED=n` replays one.
struct SimulationTests {
    @Test func `no law breaks and everything drains, on any seed`() async throws {
        let environment = ProcessInfo.processInfo.environment
        let seeds: Range<UInt64>
        if let one = environment["SEED"].flatMap(UInt64.init) {
            seeds = one..<(one + 1)
        } else {
            seeds = 0..<(environment["SEEDS"].flatMap(UInt64.init) ?? 1000)
        }
        let outcomes = try await withThrowingTaskGroup(of: Simulation.Outcome.self) { group in
            var next = seeds.lowerBound
            var outcomes: [Simulation.Outcome] = []
            func add() {
                guard next < seeds.upperBound else { return }
                let seed = next
                next += 1
                group.addTask {
                    var simulation = try Simulation(seed: seed)
                    return try await simulation.run()
                }
            }
            for _ in 0..<4 { add() }
            for try await outcome in group {
                outcomes.append(outcome)
                add()
            }
            return outcomes
        }
        #expect(outcomes.count == seeds.count)
        // A simulation in which nothing goes wrong proves nothing.
        if seeds.count >= 100 {
            #expect(outcomes.contains { $0.refused > 0 })
            #expect(outcomes.contains { $0.restarts > 0 })
            #expect(outcomes.contains { $0.fetched > 0 })
            #expect(outcomes.contains { $0.clockSteps > 0 })
        }
    }
}
