#include "core/workload/probability.h"

#include "core/error.h"

#include <array>
#include <cmath>
#include <limits>
#include <numbers>

namespace headroom {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Coefficients from the highest power down (Horner).
template <std::size_t N>
constexpr double polynomial(const std::array<double, N>& coefficients, double x)
{
    double sum = 0;
    for (const double c : coefficients)
        sum = sum * x + c;
    return sum;
}

/// P by its series (DLMF 8.7.1) or Q by its continued fraction (DLMF 8.9.2), whichever converges quickly at x.
struct GammaTails {
    double lower, upper;
};

GammaTails gammaTails(double a, double x)
{
    constexpr double kTolerance = 1e-16;
    constexpr int kTerms = 100000; // a shape of 1e8 (cv 1e-4) needs about 6 sqrt(a) terms
    if (x <= 0)
        return {0, 1};
    const double front = std::exp(a * std::log(x) - x - logGamma(a));
    if (x < a + 1) {
        double term = 1 / a;
        double sum = term;
        for (int n = 1; n < kTerms && term > sum * kTolerance; ++n) {
            term *= x / (a + n);
            sum += term;
        }
        const double lower = std::fmin(1, front * sum);
        return {lower, 1 - lower};
    }
    // Modified Lentz: b - 1 (1 - a) / (b + 2 - ...).
    constexpr double kTiny = 1e-300;
    double b = x + 1 - a;
    double c = 1 / kTiny;
    double d = 1 / b;
    double h = d;
    for (int n = 1; n < kTerms; ++n) {
        const double numerator = -n * (n - a);
        b += 2;
        d = numerator * d + b;
        d = 1 / (std::fabs(d) < kTiny ? kTiny : d);
        c = b + numerator / c;
        c = std::fabs(c) < kTiny ? kTiny : c;
        h *= c * d;
        if (std::fabs(c * d - 1) < kTolerance)
            break;
    }
    const double upper = std::fmin(1, front * h);
    return {1 - upper, upper};
}

/// Where Newton starts: Wilson and Hilferty's cube of a normal, or the first term of the series far left.
double gammaQuantileStart(double a, double p)
{
    const double cube = 1 - 1 / (9 * a) + normalQuantile(p) / (3 * std::sqrt(a));
    if (a > 0.5 && cube > 0.2)
        return a * cube * cube * cube;
    const double logX = (std::log(p) + logGamma(a + 1)) / a;
    return logX < 0 ? std::exp(logX) : 1;
}

} // namespace

double normalCumulative(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }

double normalQuantile(double p)
{
    static constexpr std::array a{2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4,
        4.5921953931549871457e4, 1.3731693765509461125e4, 1.9715909503065514427e3, 1.3314166789178437745e2,
        3.3871328727963666080};
    static constexpr std::array b{5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4,
        2.1213794301586595867e4, 5.3941960214247511077e3, 6.8718700749205790830e2, 4.2313330701600911252e1, 1.0};
    static constexpr std::array c{7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1,
        1.27045825245236838258, 3.64784832476320460504, 5.76949722146069140550, 4.63033784615654529590,
        1.42343711074968357734};
    static constexpr std::array d{1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2,
        1.48103976427480074590e-1, 6.89767334985100004550e-1, 1.67638483018380384940, 2.05319162663775882187, 1.0};
    static constexpr std::array e{2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3,
        2.65321895265761230930e-2, 2.96560571828504891230e-1, 1.78482653991729133580, 5.46378491116411436990,
        6.65790464350110377720};
    static constexpr std::array f{2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5,
        7.86869131145613259100e-4, 1.48753612908506148525e-2, 1.36929880922735805310e-1, 5.99832206555887937690e-1,
        1.0};
    HR_ASSERT(p >= 0 && p <= 1);
    const double q = p - 0.5;
    if (std::fabs(q) <= 0.425) {
        const double r = 0.180625 - q * q;
        return q * polynomial(a, r) / polynomial(b, r);
    }
    const double tail = q < 0 ? p : 1 - p;
    if (tail == 0)
        return q < 0 ? -kInfinity : kInfinity;
    const double r = std::sqrt(-std::log(tail));
    const double z =
        r <= 5 ? polynomial(c, r - 1.6) / polynomial(d, r - 1.6) : polynomial(e, r - 5) / polynomial(f, r - 5);
    return q < 0 ? -z : z;
}

double logGamma(double a)
{
    HR_ASSERT(a > 0);
    // Stirling's series (DLMF 5.11.1), after shifting the argument to where six terms give full precision.
    double shift = 1;
    while (a < 9) {
        shift *= a;
        a += 1;
    }
    static constexpr std::array series{
        -691.0 / 360360, 1.0 / 1188, -1.0 / 1680, 1.0 / 1260, -1.0 / 360, 1.0 / 12}; // Bernoulli numbers
    const double inverse = 1 / a;
    const double halfLogTwoPi = 0.91893853320467274178;
    return (a - 0.5) * std::log(a) - a + halfLogTwoPi + inverse * polynomial(series, inverse * inverse) -
           std::log(shift);
}

double gammaCumulative(double shape, double x)
{
    HR_ASSERT(shape > 0 && !std::isnan(x));
    return x == kInfinity ? 1 : gammaTails(shape, x).lower;
}

double gammaQuantile(double shape, double p)
{
    HR_ASSERT(shape > 0 && p >= 0 && p <= 1);
    if (p == 0)
        return 0;
    if (p == 1)
        return kInfinity;
    const bool lowerHalf = p < 0.5;
    const double logGammaShape = logGamma(shape);
    double x = gammaQuantileStart(shape, p);
    for (int iteration = 0; iteration < 60 && x > 0; ++iteration) {
        const GammaTails tails = gammaTails(shape, x);
        const double slope = std::exp(shape * std::log(x) - x - logGammaShape); // dP / d ln x
        const double tail = lowerHalf ? tails.lower : tails.upper;
        if (!(tail > 0) || !(slope > 0)) { // so far out that the tail is zero in double: come halfway back
            x = lowerHalf ? 2 * x : 0.5 * (x + shape);
            continue;
        }
        const double miss = lowerHalf ? std::log(tail / p) : -std::log(tail / (1 - p));
        const double step = std::fmax(-2, std::fmin(2, miss * tail / slope));
        x *= std::exp(-step);
        if (std::fabs(step) < 1e-9) // quadratic convergence: the next step would be below 1e-16
            break;
    }
    return x;
}

} // namespace headroom
