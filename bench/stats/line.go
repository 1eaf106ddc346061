package stats

import "math"

// Bounded is a figure and its interval; NaN where there is none.
type Bounded struct{ Value, Lo, Hi float64 }

// Fit is a straight line through points.
type Fit struct {
	Intercept Bounded   // in units of y
	Slope     Bounded   // in units of y per unit of x
	Residuals []float64 // y − line, in units of y, in the order of the points

	x, y     float64 // the points' weighted centre, through which the line goes
	variance float64 // of the height there
	steep    float64 // variance of the slope
	quantile float64 // of Student's t
}

// Line fits y = intercept + slope·x by weighted least squares. A weight is proportional to 1 ÷ the variance of its y; nil
// weighs all alike. Intervals are Student's with n−2 degrees of freedom, their spread that of the weighted residuals (Draper and Smith,
// Applied Regression Analysis, sections 1.4 and 9.2): weights say how precise points are relative to one another, the residuals
// how precise they are at all.
//
// It answers false where there is no line: without two different x, or with a coordinate or weight that is not finite, or a weight that is not
// positive. Intervals are NaN of two points, or with a confidence outside 0 to 1. The slices are of one length.
func Line(x, y, weights []float64, confidence float64) (Fit, bool) {
	if weights == nil {
		weights = make([]float64, len(x))
		for i := range weights {
			weights[i] = 1
		}
	}
	if !finite(x) || !finite(y) || !finite(weights) {
		return Fit{}, false
	}
	var f Fit
	var total, wide, product, squares float64
	for i, w := range weights {
		if w <= 0 {
			return Fit{}, false
		}
		total += w
		f.x += w * x[i]
		f.y += w * y[i]
	}
	f.x, f.y = f.x/total, f.y/total
	apart := false
	for i, w := range weights {
		wide += w * (x[i] - f.x) * (x[i] - f.x)
		product += w * (x[i] - f.x) * (y[i] - f.y)
		apart = apart || x[i] != x[0]
	}
	if !apart || !(wide > 0) { // all alike, or so close that the squares vanish
		return Fit{}, false
	}
	f.Slope.Value = product / wide
	for i, w := range weights {
		r := y[i] - f.height(x[i])
		f.Residuals = append(f.Residuals, r)
		squares += w * r * r
	}
	freedom := float64(len(x) - 2)
	f.quantile = math.NaN()
	if freedom > 0 && confidence > 0 && confidence < 1 {
		f.quantile = student(freedom, confidence)
	}
	f.variance, f.steep = squares/freedom/total, squares/freedom/wide
	f.Intercept = f.At(0)
	half := f.quantile * math.Sqrt(f.steep)
	f.Slope.Lo, f.Slope.Hi = f.Slope.Value-half, f.Slope.Value+half
	return f, true
}

// At returns the line's height over x with its interval: of the line, not of a further point, which has a spread of its own.
func (f Fit) At(x float64) Bounded {
	v := f.height(x)
	half := f.quantile * math.Sqrt(f.variance+f.steep*(x-f.x)*(x-f.x))
	return Bounded{v, v - half, v + half}
}

func (f Fit) height(x float64) float64 { return f.y + f.Slope.Value*(x-f.x) }
