// The special functions behind length and gap distributions, written out so that they give the same numbers on every
// machine and are safe to call from several threads.
#pragma once

namespace headroom {

/// Standard normal distribution function. \param z any number
double normalCumulative(double z);

/// Standard normal quantile, relative error about 1e-15 (Wichura, Algorithm AS 241, PPND16, 1988).
/// \param p in [0, 1]; 0 gives minus infinity, 1 infinity
double normalQuantile(double p);

/// ln Gamma(a) for a > 0. Unlike std::lgamma it writes no global, so threads may share it.
double logGamma(double a);

/// P(a, x): distribution function of a gamma variable with shape `a` and scale 1 (DLMF 8.2.4).
/// \param shape above 0 \param x at least 0
double gammaCumulative(double shape, double x);

/// Quantile of a gamma variable with shape `a` and scale 1: Newton on ln P or ln Q over ln x, both concave there, so
/// that it converges from any start.
/// \param shape above 0 \param p in [0, 1]; 1 gives infinity
double gammaQuantile(double shape, double p);

} // namespace headroom
