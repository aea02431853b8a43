import Synchronization

/// Shares one request among concurrent callers with the same question.
///
/// Answers are not cached: the next caller makes a new request.
final class SingleFlight<Question: Hashable & Sendable, Answer: Sendable, Failure: Error>: Sendable {
    private let flights = Mutex<[Question: Task<Result<Answer, Failure>, Never>]>([:])

    /// - Parameters:
    ///   - question: Callers with equal questions share one request.
    ///   - ask: Makes the request.
    /// - Returns: The shared answer.
    /// - Throws: The error of `ask`, to every caller that shares it.
    func answer(
        to question: Question,
        _ ask: @escaping @Sendable () async throws(Failure) -> Answer
    ) async throws(Failure) -> Answer {
        // An unstructured task: if the first caller is cancelled, the others still get the answer.
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
