#include "ui/plots/chart_view.h"

#include "ui/format.h"
#include "ui/plots/chart_body.h"
#include "ui/plots/hover_overlay.h"

#include <QAbstractScrollArea>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QGuiApplication>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMenu>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>
#include <QTableView>
#include <QToolTip>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>

namespace headroom::ui {

namespace {

constexpr int kMargin = 14, kHeader = 34, kBottom = 10;
constexpr double kRadius = 4;
constexpr double kZoomStep = 1.2;    ///< one notch of the wheel, one key press
constexpr double kPanStep = 0.1;     ///< of the axis, one key press
constexpr double kDragThreshold = 4; ///< pixels before a press becomes a drag

/// The quantity on the horizontal axis; nullptr where a chart has none to share.
const Axis* horizontalAxis(const ChartSpec& chart)
{
    if (const auto* lines = std::get_if<LineChart>(&chart.body))
        return &lines->x;
    if (const auto* scatter = std::get_if<ScatterChart>(&chart.body))
        return &scatter->x;
    return nullptr;
}

/// Whether the page that a view stands on is longer than its window.
bool pageScrolls(const ChartView& view)
{
    for (const QWidget* up = view.parentWidget(); up != nullptr; up = up->parentWidget())
        if (const auto* area = qobject_cast<const QAbstractScrollArea*>(up))
            return area->verticalScrollBar()->maximum() > area->verticalScrollBar()->minimum();
    return false;
}

QString wheelRule()
{
    return ChartView::tr("<p>Wheel: zoom; on a page that scrolls, click the plot first or hold Ctrl.</p>"
                         "<p>Shift+wheel: only the horizontal axis; Ctrl+Shift+wheel: only the vertical one.</p>"
                         "<p>Drag: pan. Double-click: fit.</p>");
}

bool sameQuantity(const Axis& a, const Axis& b)
{
    return a.label == b.label && a.unit == b.unit && a.logarithmic == b.logarithmic;
}

} // namespace

ChartView::ChartView(QWidget* parent) : QWidget(parent), m_chart(std::make_unique<ChartSpec>())
{
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    m_overlay = new HoverOverlay(this);
}

ChartView::~ChartView() = default;

QSize ChartView::sizeHint() const { return {420, 300}; }
QSize ChartView::minimumSizeHint() const { return {240, 190}; }

void ChartView::setChart(const ChartSpec& chart)
{
    auto next = std::make_unique<ChartSpec>(chart); // the body keeps pointing at the old one until show()
    if (next->empty.empty()) {
        takeBodyFor(*next);
        m_body->show(*next, m_theme);
    }
    const bool headerChanged =
        next->title != m_chart->title || next->unit != m_chart->unit || next->empty != m_chart->empty;
    if (next->title != m_chart->title || next->says != m_chart->says)
        setAccessibleName(text(next->title) + QStringLiteral(". ") + text(next->says));
    if (!next->empty.empty() && std::holds_alternative<Table>(m_chart->body)) {
        m_body.reset(); // made in no time, and its columns follow a view that is seen
    } else if (!next->empty.empty() && m_body) {
        m_body->widget()->hide();
        m_spare = std::move(m_body);
        m_spareChart = std::move(m_chart);
    }
    m_chart = std::move(next);
    if (headerChanged || !m_body)
        update();
    refreshHover();
}

/// A body that draws charts like this one: the one there is, the one put aside, or a new one.
void ChartView::takeBodyFor(const ChartSpec& chart)
{
    if (m_body && m_body->draws(chart))
        return;
    m_body = std::move(m_spare);
    const bool isNew = !m_body || !m_body->draws(chart);
    if (isNew)
        m_body = makeBody(chart, this);
    layOut();
    m_body->widget()->show();
    m_overlay->raise();
    if (auto* table = isNew ? qobject_cast<QTableView*>(m_body->widget()) : nullptr)
        connect(table, &QTableView::activated, this, [this](const QModelIndex& i) { emit activated(0, i.row()); });
}

void ChartView::setTheme(const Theme& theme)
{
    m_theme = theme;
    if (m_body)
        m_body->show(*m_chart, m_theme);
    endHover();
    update();
}

void ChartView::setCursorAt(std::optional<double> x)
{
    if (x == m_cursorAt)
        return;
    m_cursorAt = x;
    if (!x)
        m_overlay->showLine({}, m_theme);
    else
        m_overlay->showLine([this] { return m_body ? m_body->verticalAt(*m_cursorAt) : std::nullopt; }, m_theme);
}

void ChartView::fit()
{
    if (!m_body)
        return;
    m_body->fit();
    emit rangeChanged();
}

void ChartView::followX(const ChartView& other)
{
    if (!sharesX(other))
        return;
    m_body->showX(other.m_body->zoomedX());
    refreshHover();
}

bool ChartView::sharesX(const ChartView& other) const
{
    const Axis *mine = horizontalAxis(*m_chart), *its = horizontalAxis(*other.m_chart);
    return m_body && other.m_body && mine != nullptr && its != nullptr && sameQuantity(*mine, *its);
}

void ChartView::followHover(const ChartView& other)
{
    const auto x = sharesX(other) ? other.m_hoverX : std::nullopt;
    if (x == m_linkedX)
        return;
    m_linkedX = x;
    m_overlay->show(linkedReading(), m_theme);
}

/// Line and dots where a linked view is read, without words.
std::optional<Reading> ChartView::linkedReading() const
{
    const auto line = m_linkedX && m_body ? m_body->verticalAt(*m_linkedX) : std::nullopt;
    if (!line)
        return std::nullopt;
    Reading r;
    r.at = line->center();
    r.area = QRectF(line->p1(), line->p2()).normalized();
    if (const auto here = m_body->read(r.at); here && here->x)
        r.dots = here->dots;
    return r;
}

std::optional<QPointF> ChartView::cross() const
{
    const auto& reading = m_overlay->reading();
    return reading ? std::optional(reading->at + bodyRect().topLeft()) : std::nullopt;
}

bool ChartView::takesWheel() const { return m_isEntered || !pageScrolls(*this); }

bool ChartView::isZoomed() const { return m_body && m_body->isZoomed(); }

QRectF ChartView::visibleRange() const
{
    const auto r = m_body ? m_body->visible() : std::nullopt;
    return r ? QRectF(r->x.from, r->y.from, r->x.length(), r->y.length()) : QRectF();
}

QString ChartView::readout(QPointF position) const
{
    const auto r = m_body ? m_body->read(position - bodyRect().topLeft()) : std::nullopt;
    return r ? r->sentence() : QString();
}

QImage ChartView::image() const
{
    const double ratio = std::max(2.0, devicePixelRatioF());
    QImage image((QSizeF(size()) * ratio).toSize(), QImage::Format_ARGB32_Premultiplied);
    image.setDevicePixelRatio(ratio);
    image.fill(m_theme.card);
    QPainter p(&image);
    p.setRenderHint(QPainter::Antialiasing);
    paintChart(p, QRectF(rect()).adjusted(kMargin, 0, -kMargin, -kBottom), *m_chart, m_theme, origin());
    p.end();
    describe(image, *m_chart, origin());
    return image;
}

QRectF ChartView::bodyRect() const { return QRectF(rect()).adjusted(kMargin, kHeader, -kMargin + 4, -kBottom); }

void ChartView::layOut()
{
    const QRect r = bodyRect().toRect();
    if (m_body)
        m_body->widget()->setGeometry(r);
    m_overlay->setGeometry(r);
}

void ChartView::paintEvent(QPaintEvent*)
{
    QPainter p(this);
    p.setRenderHint(QPainter::Antialiasing);
    p.setPen(hasFocus() ? QPen(m_theme.accent, 1) : Qt::NoPen);
    p.setBrush(m_theme.card);
    p.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), kRadius, kRadius);
    paintHeader(p, QRectF(kMargin, 0, width() - 2 * kMargin, kHeader), *m_chart, m_theme,
        uiFont(TextSize::body, QFont::DemiBold), uiFont(TextSize::small));
    if (!m_body)
        paintEmpty(p, bodyRect().adjusted(20, 0, -20, -20), *m_chart, m_theme, uiFont(TextSize::body));
}

void ChartView::resizeEvent(QResizeEvent*)
{
    layOut();
    if (m_body)
        m_body->show(*m_chart, m_theme);
}

void ChartView::hoverAt(QPointF position)
{
    auto reading = m_body ? m_body->read(position - bodyRect().topLeft()) : std::nullopt;
    const auto x = reading ? reading->x : std::nullopt;
    m_hoverAt = position;
    m_linkedX.reset();
    m_overlay->show(std::move(reading), m_theme);
    if (x == m_hoverX)
        return;
    m_hoverX = x;
    emit hovered();
}

void ChartView::endHover()
{
    m_linkedX.reset();
    m_overlay->show(std::nullopt, m_theme);
    if (!m_hoverX)
        return;
    m_hoverX.reset();
    emit hovered();
}

/// After new data or another range; says nothing to linked views, which do the same themselves.
void ChartView::refreshHover()
{
    if (m_linkedX)
        m_overlay->show(linkedReading(), m_theme);
    else if (m_overlay->reading())
        m_overlay->show(m_body ? m_body->read(m_hoverAt - bodyRect().topLeft()) : std::nullopt, m_theme);
}

void ChartView::mousePressEvent(QMouseEvent* e)
{
    if (e->button() != Qt::LeftButton)
        return;
    m_dragFrom = e->position();
    m_dragged = false;
    m_isEntered = true;
    emit selected(m_id);
}

void ChartView::mouseMoveEvent(QMouseEvent* e)
{
    if (!m_dragFrom) {
        hoverAt(e->position());
        return;
    }
    const QPointF moved = e->position() - *m_dragFrom;
    if (!m_dragged && moved.manhattanLength() < kDragThreshold)
        return;
    m_dragged = true;
    endHover();
    m_dragFrom = e->position();
    if (!m_body)
        return;
    m_body->pan(moved);
    emit rangeChanged();
}

void ChartView::mouseReleaseEvent(QMouseEvent*) { m_dragFrom.reset(); }

void ChartView::mouseDoubleClickEvent(QMouseEvent* e)
{
    if (!m_body || e->button() != Qt::LeftButton)
        return;
    if (const auto hit = m_body->hit(e->position() - bodyRect().topLeft()))
        emit activated(hit->group, hit->index);
    else
        fit();
}

void ChartView::wheelEvent(QWheelEvent* e)
{
    const QPointF at = e->position() - bodyRect().topLeft();
    const auto reading = m_body ? m_body->visible() : std::nullopt;
    const bool control = e->modifiers() & Qt::ControlModifier, shift = e->modifiers() & Qt::ShiftModifier;
    if (!reading || !(takesWheel() || control || shift)) {
        e->ignore(); // bars and tables do not zoom; nor does a plot that is scrolled past: the page scrolls
        return;
    }
    const Qt::Orientations which = shift && control ? Qt::Vertical
                                   : shift          ? Qt::Horizontal
                                                    : Qt::Horizontal | Qt::Vertical;
    const int delta = e->angleDelta().y() != 0 ? e->angleDelta().y() : e->angleDelta().x();
    constexpr double kNotch = 120;
    m_body->zoom(std::pow(kZoomStep, -delta / kNotch), at, which);
    emit rangeChanged();
    hoverAt(e->position());
    e->accept();
}

void ChartView::leaveEvent(QEvent*)
{
    m_isEntered = false;
    endHover();
}

bool ChartView::event(QEvent* e)
{
    if (e->type() == QEvent::ToolTip && m_body && m_body->visible()) {
        const auto* help = static_cast<QHelpEvent*>(e);
        if (help->pos().y() < kHeader) // on the plot itself the box of values stands
            QToolTip::showText(help->globalPos(), wheelRule(), this);
        else
            QToolTip::hideText();
        return true;
    }
    return QWidget::event(e);
}

void ChartView::keyPressEvent(QKeyEvent* e)
{
    if (!m_body) {
        QWidget::keyPressEvent(e);
        return;
    }
    const QRectF body = bodyRect();
    const QPointF middle(body.width() / 2, body.height() / 2);
    const QPointF step(body.width() * kPanStep, body.height() * kPanStep);
    const bool pans = m_body->visible().has_value();
    if (e->matches(QKeySequence::Copy)) {
        copyImage();
    } else if (e->key() == Qt::Key_Escape && !isZoomed()) {
        QWidget::keyPressEvent(e);
    } else if (e->key() == Qt::Key_Home || e->key() == Qt::Key_Escape) {
        fit();
    } else if (pans && (e->key() == Qt::Key_Plus || e->key() == Qt::Key_Equal)) {
        m_body->zoom(1 / kZoomStep, middle, Qt::Horizontal | Qt::Vertical);
    } else if (pans && e->key() == Qt::Key_Minus) {
        m_body->zoom(kZoomStep, middle, Qt::Horizontal | Qt::Vertical);
    } else if (pans && e->key() == Qt::Key_Left) {
        m_body->pan({step.x(), 0});
    } else if (pans && e->key() == Qt::Key_Right) {
        m_body->pan({-step.x(), 0});
    } else if (pans && e->key() == Qt::Key_Up) {
        m_body->pan({0, step.y()});
    } else if (pans && e->key() == Qt::Key_Down) {
        m_body->pan({0, -step.y()});
    } else {
        QWidget::keyPressEvent(e);
        return;
    }
    emit rangeChanged();
}

void ChartView::focusInEvent(QFocusEvent*)
{
    emit selected(m_id);
    update();
}

void ChartView::focusOutEvent(QFocusEvent*) { update(); }

void ChartView::contextMenuEvent(QContextMenuEvent* e)
{
    QMenu menu(this);
    menu.addAction(tr("&Copy picture"), QKeySequence::Copy, this, &ChartView::copyImage);
    menu.addAction(tr("Copy &data as CSV"), this, &ChartView::copyData);
    menu.addAction(tr("&Save as PNG, SVG, PDF or CSV…"), this, &ChartView::exportAs);
    if (m_body && m_body->visible()) {
        menu.addSeparator();
        QAction* fitAction = menu.addAction(tr("&Fit to the data"), this, &ChartView::fit);
        fitAction->setEnabled(isZoomed());
    }
    const QPoint at = e->reason() == QContextMenuEvent::Keyboard ? mapToGlobal(rect().center()) : e->globalPos();
    menu.exec(at);
}

void ChartView::copyImage() { QGuiApplication::clipboard()->setImage(image()); }

void ChartView::copyData() { QGuiApplication::clipboard()->setText(text(csvOf(*m_chart, origin()))); }

void ChartView::exportAs()
{
    const QString name = m_id.isEmpty() ? QStringLiteral("chart") : m_id;
    QString filter;
    QString path = QFileDialog::getSaveFileName(this, tr("Save chart"), name + QStringLiteral(".png"),
        tr("PNG picture (*.png);;SVG drawing (*.svg);;PDF page (*.pdf);;CSV data (*.csv)"), &filter);
    if (path.isEmpty())
        return;
    if (const qsizetype dot = filter.indexOf(QLatin1String("*.")); QFileInfo(path).suffix().isEmpty() && dot >= 0)
        path += filter.mid(dot + 1, 4); // a name without a suffix gets that of the chosen kind
    const std::filesystem::path file(path.toStdString());
    if (const auto done = exportChart(*m_chart, file, lightTheme(), kExportSize, origin()); !done)
        emit exportFailed(text(done.error().where) + QStringLiteral(": ") + text(done.error().message));
}

} // namespace headroom::ui
