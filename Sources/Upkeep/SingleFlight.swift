import Synchronization

/// Shares one request among the callers that ask the same question at the same time.
///
/// Nothing is kept once the answer is there: the next caller asks anew.
final class SingleFlight<Question: Hashable & Sendable, Answer: Sendable, Failure: Error>: Sendable {
    private let flights = Mutex<[Question: Task<Result<Answer, Failure>, Never>]>([:])

    /// - Parameters:
    ///   - question: Callers with equal questions share one request.
    ///   - ask: Makes the request.
    /// - Returns: The answer to all of these callers.
    /// - Throws: What `ask` throws, to all of them.
    func answer(
        to question: Question,
        _ ask: @escaping @Sendable () async throws(Failure) -> Answer
    ) async throws(Failure) -> Answer {
        // A task of its own: when the first caller closes the tab, the others still get their answer.
        let flight = flights.withLock { flights in
            if let flight = flights[question] { return flight }
            let flight = Task { () -> Result<Answer, Failure> in
                let answer: Result<Answer, Failure>
                do throws(Failure) {
                    answer = .success(try await ask())
                } catch {
                    answer = .failure(error)
                }
                self.flights.withLock { $0[question] = nil }
                return answer
            }
            flights[question] = flight
            return flight
        }
        return try await flight.value.get()
    }
}
